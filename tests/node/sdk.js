// Twilio's Node SDK, driven from test_node_sdk.py: one journey a process, its result as JSON on standard output.
//
// usage: node sdk.js JOURNEY FORM, with the addresses and credentials in the environment

"use strict";

const http = require("http");
const twilio = require("twilio");

const { GATEWAY, ACCOUNT, TOKEN, FROM, TO, SERVICE } = process.env;

class GatewayClient extends twilio.RequestClient {
  async request(options) {
    const url = new URL(options.uri);
    const found = /^(api|messaging)(\.[a-z0-9-]+){0,2}\.twilio\.com$/.exec(url.hostname);
    if (!found) return super.request(options);
    const place = GATEWAY + (found[1] === "api" ? "" : "/messaging") + url.pathname + url.search;
    return super.request({
      ...options,
      uri: place,
      headers: { ...options.headers, "X-Gateway-Page-Urls": "twilio" },
    });
  }
}

// As they are in docs/sdks.md, but for the addresses.
const forms = {
  base_url() {
    const client = twilio(ACCOUNT, TOKEN);
    client.api.baseUrl = GATEWAY;
    client.messaging.baseUrl = `${GATEWAY}/messaging`;
    return client;
  },
  as_it_is: () => twilio(ACCOUNT, TOKEN),
  http_client_with_an_edge: () =>
    twilio(ACCOUNT, TOKEN, { httpClient: new GatewayClient(), region: "ie1", edge: "dublin" }),
};

// Every URL that leaves this process: a request past the gateway would be seen.
const places = new Set();
function watch(client) {
  const http = client.httpClient;
  http.axios.interceptors.request.use((config) => {
    places.add(new URL(config.url).origin);
    return config;
  });
  return client;
}

const send = (client, more) => client.messages.create({ to: TO, from: FROM, body: "Hello", ...more });
const settled = () => new Promise((resolve) => setTimeout(resolve, 150));

// An app's page for status callbacks, with what it was told: parameters, and whether the SDK finds them signed.
async function callbackPage() {
  let tell;
  const told = new Promise((resolve) => { tell = resolve; });
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const params = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
      const url = `http://127.0.0.1:${server.address().port}${request.url}`;
      const signature = request.headers["x-twilio-signature"];
      const valid = [TOKEN, "another token"].map((token) => twilio.validateRequest(token, signature, url, params));
      response.writeHead(204, { Connection: "close" }).end();
      tell({ params, valid });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/status?of=a%20send`, told, close: () => server.close() };
}

const inAnHour = () => new Date(Date.now() + 3_600_000);

const journeys = {
  async messages(client) {
    const created = await send(client, { mediaUrl: ["https://a.example/1"] });
    await send(client);
    await send(client);
    const fetched = await client.messages(created.sid).fetch();
    const listed = await client.messages.list({ to: TO, pageSize: 1 });
    await settled();
    const redacted = await client.messages(created.sid).update({ body: "" });
    return {
      fetched: fetched.body,
      listed: listed.length,
      redacted: redacted.body,
      removed: await client.messages(created.sid).remove(),
      left: (await client.messages.list()).length,
    };
  },

  async scheduled(client) {
    const message = await client.messages.create({
      to: TO, messagingServiceSid: SERVICE, body: "Later", scheduleType: "fixed", sendAt: inAnHour(),
    });
    const canceled = await client.messages(message.sid).update({ status: "canceled" });
    return [message.status, canceled.status];
  },

  // A message is scheduled; what another wrote meanwhile is seen by fetching it.
  async schedule(client) {
    const message = await client.messages.create({
      to: TO, messagingServiceSid: SERVICE, body: "Later", scheduleType: "fixed", sendAt: inAnHour(),
    });
    return { sid: message.sid, status: message.status };
  },

  async fetch_until_it_stands_no_more(client) {
    for (;;) {
      const message = await client.messages(process.env.SID).fetch();
      if (message.status !== "scheduled") return message.status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },

  async callback(client) {
    const page = await callbackPage();
    const accepted = await send(client, { from: undefined, messagingServiceSid: SERVICE, statusCallback: page.url });
    const { params, valid } = await page.told;
    page.close();
    const { MessageStatus, ErrorCode, To, OptOutType } = params;
    return { isItsSid: params.MessageSid === accepted.sid, MessageStatus, ErrorCode, To, OptOutType: OptOutType || null, valid };
  },

  async services(client) {
    const services = client.messaging.v1.services;
    const made = await services.create({ friendlyName: "Second" });
    await services.create({ friendlyName: "Third" });
    const first = await services.page({ pageSize: 1 });
    const second = await first.nextPage();
    const back = await second.previousPage();
    const names = (await services.list({ pageSize: 1 })).map((service) => service.friendlyName);
    const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: FROM });
    await services(made.sid).phoneNumbers.create({ phoneNumberSid: number.sid });
    const pool = await services(made.sid).phoneNumbers.list({ pageSize: 1 });
    const renamed = await services(made.sid).update({ friendlyName: "Renamed" });
    return {
      names,
      pages: [second, back].map((page) => page.instances[0].friendlyName),
      pool: pool.map((each) => each.phoneNumber),
      renamed: (await services(made.sid).fetch()).friendlyName === renamed.friendlyName && renamed.friendlyName,
      removed: await services(made.sid).remove(),
    };
  },

  async blocked(client) {
    const told = [];
    for (const sender of [{ from: FROM }, { from: undefined, messagingServiceSid: SERVICE }]) {
      await send(client, sender).catch((error) => {
        const { status, code, message, moreInfo } = error;
        told.push({ error: error.constructor.name, status, code, message, moreInfo });
      });
    }
    return told;
  },

  async held(client) {
    const accepted = await send(client, { from: undefined, messagingServiceSid: SERVICE });
    await new Promise((resolve) => setTimeout(resolve, 600));
    const failed = await client.messages(accepted.sid).fetch();
    const listed = await client.messages.list({ to: TO });
    const redacted = await client.messages(accepted.sid).update({ body: "" });
    const removed = await client.messages(accepted.sid).remove();
    const gone = await client.messages(accepted.sid).fetch().catch((error) => error.status);
    const scheduled = await send(client, {
      from: undefined, messagingServiceSid: SERVICE, scheduleType: "fixed", sendAt: inAnHour(),
    }).catch((error) => error.code);
    return {
      statuses: [accepted.status, failed.status, failed.errorCode],
      listed: listed.some((message) => message.sid === accepted.sid),
      redacted: redacted.body,
      removed,
      gone,
      scheduled,
    };
  },
};

const [journey, form] = process.argv.slice(2);
journeys[journey](watch(forms[form]())).then((result) => {
  process.stdout.write(JSON.stringify({ result, places: [...places] }));
});
