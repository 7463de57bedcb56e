"""The consents of a file by their recipients: each as it was read, in an order of its own for each recipient."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.messaging.addresses import read_recipient
from gateway.messaging.imports import Evidence, ImportedConsent
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.imports.by_recipient import ByRecipient

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBERS = ("+14155550101", "+5215512345678", "+525512345678", "whatsapp:+14155550101", "messenger:someone")
RECIPIENTS = st.sampled_from([read_recipient(text, None) for text in NUMBERS])
SCOPES = st.lists(st.builds(Scope, st.sampled_from(ScopeKind), TEXTS), max_size=3).map(tuple)
CONSENTS = st.builds(
    ImportedConsent,
    RECIPIENTS,
    st.booleans(),
    SCOPES,
    st.none() | st.integers(0, 2**53),
    st.booleans(),
    st.none() | TEXTS,
    st.none() | st.builds(Evidence, TEXTS, TEXTS, st.none(), TEXTS),
)


@given(st.lists(CONSENTS, max_size=20), st.integers(1, 25), st.integers(0, 20))
def test_each_is_as_it_was_read_and_those_of_one_recipient_keep_their_order(consents, size, place):
    numbered = list(enumerate(consents, start=2))
    with contextlib.closing(ByRecipient()) as kept:
        kept.add(numbered)
        kept.sort()
        assert len(consents) == len(kept)
        found = [each for batch in kept.batches(place, lambda: size) for each in batch]
    wanted = sorted(numbered, key=lambda each: (str(each[1].recipient.channel), each[1].recipient.key, each[0]))
    assert wanted[place:] == found
