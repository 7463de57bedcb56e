// What forms of the console tell while somebody types. The server tells the same when the form is sent.
//
// <form data-gsm-basic data-gsm-extended data-gsm-places data-ucs-places>   the alphabet of SMS, and how much a segment holds
// <textarea data-counted="id">   its characters and segments are told in the element of that id
// <select data-regions>   its countries get their names beside their codes

function widths(text, form) {
  const { gsmBasic, gsmExtended } = form.dataset;
  const wide = [...text].map((char) => (gsmBasic.includes(char) ? 1 : gsmExtended.includes(char) ? 2 : 0));
  if (wide.every(Boolean)) return ["GSM-7", wide, form.dataset.gsmPlaces];
  return ["UCS-2", [...text].map((char) => char.length), form.dataset.ucsPlaces];
}

function segments(wide, places) {
  const [alone, joined] = places.split(",").map(Number);
  if (wide.reduce((sum, width) => sum + width, 0) <= alone) return 1;
  let count = 1;
  let left = joined;
  for (const width of wide) {
    if (width > left) {
      count += 1;
      left = joined;
    }
    left -= width;
  }
  return count;
}

function tell(field) {
  const [encoding, wide, places] = widths(field.value, field.form);
  const count = segments(wide, places);
  const told = document.getElementById(field.dataset.counted);
  const most = told.dataset.most ?? (told.dataset.most = told.textContent.match(/of (\d+)/)[1]);
  told.textContent = `${wide.length} of ${most} characters, ${count} ${count === 1 ? "segment" : "segments"} (${encoding})`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-counted]")) tell(event.target);
});

const names = new Intl.DisplayNames(document.documentElement.lang, { type: "region" });
for (const option of document.querySelectorAll("[data-regions] option[value]:not([value=''])")) {
  const name = names.of(option.value);
  if (name !== option.value) option.textContent = `${option.value}, ${name}`;
}
