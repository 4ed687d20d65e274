"""A question in words: the answer, up to three to choose from, or a person."""

from collections.abc import Callable, Mapping, Sequence

from bot import cases, city, conversations
from bot.channel import Card, Choice, Text
from bot.knowledge import FIRST, Finding, Handling, Outcome, Topic
from bot.models import StockText
from handlers.residents import alerts, community, handover, joining, places, rumours, urgent
from handlers.residents.turn import Action, Turn

POPULAR = (
    "garbage.days",
    "moving.in",
    "health.insurance-join",
    "health.find-hospital",
    "child.nursery",
    "japanese.class",
    "status.renewal",
    "letter.unknown",
)

GUESSED = (Outcome.TOPIC, Outcome.CANDIDATES)

TOPIC_ACTIONS: Mapping[str, Action] = {
    "service.language": joining.choose_language,
    "service.area": joining.choose_areas,
    "service.delete-data": joining.ask_delete,
    "service.staff": handover.ask_person,
}


def text(turn: Turn) -> None:
    """Anything a resident wrote that neither is urgent nor must stay private."""
    finding = understood(turn)
    first = [id for id in finding.topics if turn.runtime.knowledge.topics[id].handling in FIRST]
    if finding.outcome is Outcome.TOPIC and finding.topics[0] in first:
        danger(turn, finding.topics[0], finding.topics)
        return
    if finding.outcome is Outcome.COMMAND:
        (urgent.hide if finding.detail == "hide" else joining.menu)(turn, {})
        return
    if _expected(turn, finding):
        return
    guess = next(iter(finding.topics), None) if finding.outcome in GUESSED else None
    if turn.heard is not None and turn.heard.sealed is None and guess and guess not in first:
        turn.heard.topic_id = guess  # for staff who do not read the language
    for protected in (True, False):
        case = cases.receiving(turn.session, turn.resident, turn.now, protected=protected)
        if case and case.state == "answered" and finding.outcome is Outcome.SMALL_TALK:
            turn.case = case  # thanks for an answer are no new question
            break
        if case:
            handover.add_to(turn, case)
            return
    _OUTCOMES[finding.outcome](turn, finding)
    if finding.outcome is Outcome.TOPIC:
        turn.offer(finding.topics[1:])
    if finding.concern:
        concern(turn, finding.concern)


def understood(turn: Turn) -> Finding:
    """What the message is about, for somebody who speaks these languages."""
    spoken = (turn.language, *turn.resident.languages)
    return turn.runtime.knowledge.find(turn.event.text, *spoken)


def _expected(turn: Turn, finding: Finding) -> bool:
    """Whether the message was the answer to something the bot had asked, and was taken as that."""
    if places.expects_name(turn):
        places.by_name(turn)
    elif alerts.expects_help(turn):
        alerts.help_written(turn)
    elif finding.outcome is not Outcome.SMALL_TALK and rumours.expects(turn):
        rumours.written(turn)
    else:
        return False
    return True


def danger(turn: Turn, topic_id: str, beside: Sequence[str] = ()) -> None:
    """An urgent or protected message, whatever else was expected of it; what it could be instead
    is offered under the urgent answer.
    """
    turn.topic = topic_id
    if alerts.expects_help(turn) and not urgent.is_protected(turn, topic_id):
        alerts.help_written(turn)
    urgent.answer(turn, topic_id)
    handover.seen_by_staff(turn)
    rumours.beside_danger(turn)
    if not urgent.is_protected(turn, topic_id):
        turn.offer(id for id in beside if id != topic_id)


def concern(turn: Turn, topic_id: str) -> None:
    """It could be danger: whatever else was shown, staff look at it."""
    protected = urgent.is_protected(turn, topic_id)
    case, is_new = cases.open_case(
        turn.session,
        turn.runtime,
        turn.resident,
        reason="protected" if protected else "concern",
        topic_id=topic_id,
        urgent=True,
        protected=protected,
        about=turn.heard,
    )
    handover.told_of(turn, case, is_new=is_new)


def topic(turn: Turn, topic_id: str) -> None:
    """What happens with a topic, found or tapped."""
    known = turn.runtime.knowledge.topics.get(topic_id)
    found = turn.faq(topic_id)
    if known is not None and known.handling in FIRST:
        urgent.answer(turn, topic_id)
    elif known is None or not found:
        nothing(turn, Finding(Outcome.NOTHING))
    elif topic_id in TOPIC_ACTIONS:
        TOPIC_ACTIONS[topic_id](turn, {"topic": topic_id})
    elif known.handling is Handling.STAFF:
        turn.answered_topic = topic_id
        turn.say(Text(answer_text(turn, found)))
        case, is_new = cases.open_case(
            turn.session,
            turn.runtime,
            turn.resident,
            reason="topic",
            topic_id=topic_id,
            about=turn.heard,
        )
        handover.told_of(turn, case, is_new=is_new)
    else:
        answer(turn, known, found)


def answer(turn: Turn, known: Topic, found: Sequence[StockText]) -> None:
    """The city's text, what can be tapped with it, and whether it helped."""
    links = turn.city().get("links", {})
    turn.answered_topic = known.id
    turn.say(Text(answer_text(turn, found)))
    buttons = urgent.call_buttons(turn, known.call)
    buttons += [
        Choice(turn.words("link.button"), uri=links[name]) for name in known.links if name in links
    ]
    if known.sites:
        buttons.insert(0, turn.choice("menu.places.button", "places"))
    if buttons:
        title = turn.topic_title(known.id)
        turn.say(Card(title=title, summary=title, buttons=tuple(buttons)))
    turn.say_words(
        "answer.helpful",
        turn.choice("answer.yes.button", "helpful", yes="1", topic=known.id),
        turn.choice("answer.no.button", "helpful", yes="0", topic=known.id),
        turn.person(),
    )


def answer_text(turn: Turn, found: Sequence[StockText]) -> str:
    """The text with the city's particulars; a text nobody vouches for says so."""
    words = city.answered(found, "text", turn.city(), turn.language, turn.runtime.words)
    drafted = any(text.review == "drafted" for text in found)
    return f"{words}\n\n{turn.words('answer.drafted')}" if drafted else words


def candidates(turn: Turn, finding: Finding) -> None:
    buttons = [turn.topic_choice(topic_id) for topic_id in finding.topics]
    turn.say(
        Card(
            title=turn.words("candidates.title"),
            summary=turn.words("candidates.title"),
            buttons=(*buttons, *community.offered(turn), turn.person()),
            choices=(turn.choice("rumour.button", "rumour"),),
        )
    )


def nothing(turn: Turn, finding: Finding) -> None:
    turn.say_words(
        "nothing.text",
        *(turn.topic_choice(topic_id) for topic_id in finding.topics),
        turn.person(),
        *community.offered(turn),
        turn.choice("rumour.button", "rumour"),
        turn.choice("menu.questions.button", "questions"),
        turn.menu(),
    )


def out_of_scope(turn: Turn, finding: Finding) -> None:
    turn.say_words("out_of_scope.text", turn.person(), turn.menu())


def small_talk(turn: Turn, finding: Finding) -> None:
    turn.say_words(f"small_talk.{finding.detail}", turn.menu())


def questions(turn: Turn, data: Mapping[str, str]) -> None:
    """What is asked most, and everything there is by category, to tap; or it can be written."""
    turn.say(
        Card(
            title=turn.words("questions.title"),
            summary=turn.words("questions.title"),
            lines=(turn.words("menu.hint"),),
            buttons=tuple(turn.topic_choice(topic_id) for topic_id in POPULAR),
        )
    )
    turn.say(
        Card(
            title=turn.words("questions.all"),
            summary=turn.words("questions.all"),
            buttons=tuple(
                turn.choice(f"topics.{name}.button", "category", name=name)
                for name in categories(turn)
            ),
            columns=2,
        )
    )


def category(turn: Turn, data: Mapping[str, str]) -> None:
    """The topics of a category, to tap."""
    topics = categories(turn).get(data.get("name", ""))
    if not topics:
        questions(turn, {})
        return
    title = turn.words(f"topics.{data['name']}.button")
    turn.say(
        Card(
            title=title,
            summary=title,
            buttons=tuple(turn.topic_choice(topic_id) for topic_id in topics),
            choices=(turn.choice("menu.questions.button", "questions"), turn.person()),
        )
    )


def categories(turn: Turn) -> dict[str, list[str]]:
    """The ids of all topics by category, both in the order of topics.toml."""
    found: dict[str, list[str]] = {}
    for known in turn.runtime.knowledge.topics.values():
        found.setdefault(known.category, []).append(known.id)
    return found


def tapped(turn: Turn, data: Mapping[str, str]) -> None:
    topic(turn, data.get("topic", ""))


def helpful(turn: Turn, data: Mapping[str, str]) -> None:
    """Whether the answer was what the person needed; a *no* leads on."""
    last = conversations.last_answer(turn.session, turn.resident)
    if last is not None and last.topic_id == data.get("topic"):
        last.helpful = data.get("yes") == "1"
    if data.get("yes") == "1":
        turn.say_words("answer.thanks", turn.menu())
    else:
        turn.say_words(
            "answer.sorry",
            turn.person(),
            *community.offered(turn),
            turn.choice("menu.questions.button", "questions"),
        )


def no_words(turn: Turn) -> None:
    """A sticker, a picture, a sound, a file: nobody reads these here yet, and the bot says so."""
    for protected in (True, False):
        case = cases.receiving(turn.session, turn.resident, turn.now, protected=protected)
        if case and turn.event.kind != "sticker":
            turn.case = case
            cases.resident_wrote(turn.session, case, at=turn.now)
    if turn.event.kind == "sticker":
        turn.say_words("small_talk.reaction", turn.menu())
    else:
        turn.say_words("media.text", turn.person(), turn.menu())


_OUTCOMES: Mapping[Outcome, Callable[[Turn, Finding], None]] = {
    Outcome.TOPIC: lambda turn, finding: topic(turn, finding.topics[0]),
    Outcome.CANDIDATES: candidates,
    Outcome.SMALL_TALK: small_talk,
    Outcome.OUT_OF_SCOPE: out_of_scope,
    Outcome.NOTHING: nothing,
}

ACTIONS: Mapping[str, Action] = {
    "questions": questions,
    "category": category,
    "topic": tapped,
    "helpful": helpful,
}
