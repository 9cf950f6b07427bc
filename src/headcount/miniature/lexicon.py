"""The words of the embedded world: concepts, their synonyms, hypernyms, opposites and topics.

Every content word belongs to a concept with two interchangeable names, so that a sentence can be restated without
repeating one word of it. The tables are data; what may be built from them stands in ``grammar``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Number = Literal["singular", "plural"]
NUMBERS: tuple[Number, Number] = ("singular", "plural")


@dataclass(frozen=True)
class Noun:
    """A noun concept: its names as (singular, plural), the kind that it is one of, and where it is talked about."""

    names: tuple[tuple[str, str], ...]
    kind: str
    topics: tuple[str, ...] = ()

    @property
    def animate(self) -> bool:
        return self.kind in ("person", "animal")


@dataclass(frozen=True)
class Verb:
    """A verb concept: its names as (base, third person singular, participle); ``None`` objects: intransitive."""

    names: tuple[tuple[str, str, str], ...]
    objects: tuple[str, ...] | None = None

    @property
    def transitive(self) -> bool:
        return self.objects is not None


@dataclass(frozen=True)
class Adjective:
    """An adjective concept on a scale; its opposite stands at the other end of the same scale."""

    names: tuple[str, str]
    scale: str
    kinds: tuple[str, ...]


THINGS = ("vehicle", "building", "container", "garment")
ANIMATES = ("person", "animal")
ANYTHING = ANIMATES + THINGS


def _nouns(kind: str, rows: str) -> list[Noun]:
    nouns = []
    for row in rows.strip().splitlines():
        names, topics = row.split("|")
        forms = [tuple(name.split("/")) for name in names.split()]
        nouns.append(Noun(tuple((s, p) for s, p in forms), kind, tuple(topics.split())))
    return nouns


NOUNS: tuple[Noun, ...] = tuple(
    _nouns(
        "person",
        """
        farmer/farmers grower/growers     | farm market
        doctor/doctors physician/physicians | town school
        teacher/teachers instructor/instructors | school town
        boy/boys lad/lads                 | school farm market
        lawyer/lawyers attorney/attorneys | town court
        sailor/sailors mariner/mariners   | harbour market
        thief/thieves robber/robbers      | town court market
        king/kings monarch/monarchs       | court
        soldier/soldiers trooper/troopers | court harbour
        writer/writers author/authors     | school town harbour
        """,
    )
    + _nouns(
        "animal",
        """
        dog/dogs hound/hounds             | farm town court
        cat/cats feline/felines           | town school harbour
        rabbit/rabbits bunny/bunnies      | farm school
        pig/pigs hog/hogs                 | farm market
        snake/snakes serpent/serpents     | harbour court
        horse/horses steed/steeds         | farm court market
        hen/hens chicken/chickens         | farm market
        donkey/donkeys burro/burros       | market harbour school
        """,
    )
    + _nouns(
        "vehicle",
        """
        car/cars automobile/automobiles   | town court
        truck/trucks lorry/lorries        | farm market
        boat/boats vessel/vessels         | harbour
        bike/bikes bicycle/bicycles       | school town
        """,
    )
    + _nouns(
        "building",
        """
        house/houses dwelling/dwellings   | farm school
        shop/shops store/stores           | market town harbour
        castle/castles fortress/fortresses | court
        prison/prisons jail/jails         | court town
        hotel/hotels inn/inns             | harbour market
        """,
    )
    + _nouns(
        "container",
        """
        box/boxes crate/crates            | harbour market
        bag/bags sack/sacks               | school town market
        bucket/buckets pail/pails         | farm harbour
        """,
    )
    + _nouns(
        "garment",
        """
        hat/hats cap/caps                 | school court farm
        coat/coats jacket/jackets         | town harbour
        """,
    )
)

KINDS: dict[str, Noun] = {
    kind: Noun(((singular, plural),), kind)
    for kind, singular, plural in (
        ("person", "person", "people"),
        ("animal", "animal", "animals"),
        ("vehicle", "vehicle", "vehicles"),
        ("building", "building", "buildings"),
        ("container", "container", "containers"),
        ("garment", "garment", "garments"),
    )
}

TOPICS: tuple[str, ...] = ("farm", "town", "school", "court", "harbour", "market")


def _verb(first: str, second: str, objects: tuple[str, ...] | None = None) -> Verb:
    def forms(word: str) -> tuple[str, str, str]:
        base, third, participle = word.split("/")
        return base, third, participle

    return Verb((forms(first), forms(second)), objects)


TRANSITIVE: tuple[Verb, ...] = (
    _verb("chase/chases/chased", "pursue/pursues/pursued", (*ANIMATES, "vehicle")),
    _verb("help/helps/helped", "assist/assists/assisted", ANIMATES),
    _verb("watch/watches/watched", "observe/observes/observed", ANYTHING),
    _verb("push/pushes/pushed", "shove/shoves/shoved", (*ANIMATES, "vehicle", "container")),
    _verb("carry/carries/carried", "haul/hauls/hauled", ("animal", "container", "garment")),
    _verb("clean/cleans/cleaned", "wash/washes/washed", ANYTHING),
    _verb("admire/admires/admired", "respect/respects/respected", ANYTHING),
    _verb("greet/greets/greeted", "welcome/welcomes/welcomed", ("person",)),
    _verb("attack/attacks/attacked", "assault/assaults/assaulted", (*ANIMATES, "building")),
    _verb("fear/fears/feared", "dread/dreads/dreaded", ANIMATES),
    _verb("guard/guards/guarded", "protect/protects/protected", ANYTHING),
    _verb("want/wants/wanted", "desire/desires/desired", ("animal", *THINGS)),
)

INTRANSITIVE: tuple[Verb, ...] = (
    _verb("sleep/sleeps/slept", "doze/dozes/dozed"),
    _verb("laugh/laughs/laughed", "giggle/giggles/giggled"),
    _verb("shout/shouts/shouted", "yell/yells/yelled"),
    _verb("vanish/vanishes/vanished", "disappear/disappears/disappeared"),
    _verb("fall/falls/fallen", "tumble/tumbles/tumbled"),
    _verb("wait/waits/waited", "linger/lingers/lingered"),
    _verb("travel/travels/travelled", "journey/journeys/journeyed"),
    _verb("tremble/trembles/trembled", "shiver/shivers/shivered"),
)

ADJECTIVES: tuple[Adjective, ...] = (
    Adjective(("big", "large"), "size", ANYTHING),
    Adjective(("small", "little"), "size", ANYTHING),
    Adjective(("old", "aged"), "age", ANIMATES),
    Adjective(("young", "youthful"), "age", ANIMATES),
    Adjective(("strong", "sturdy"), "strength", ANYTHING),
    Adjective(("weak", "feeble"), "strength", ANYTHING),
    Adjective(("happy", "glad"), "mood", ANIMATES),
    Adjective(("sad", "gloomy"), "mood", ANIMATES),
)

PREPOSITIONS: tuple[str, ...] = ("near", "behind", "beside")
ADVERBS: tuple[tuple[str, str], ...] = (("quietly", "silently"), ("often", "frequently"), ("eagerly", "keenly"))

DETERMINERS: dict[str, Number | None] = {
    "the": None,
    "a": "singular",
    "every": "singular",
    "this": "singular",
    "that": "singular",
    "all": "plural",
    "some": "plural",
    "no": "plural",
    "two": "plural",
    "three": "plural",
    "these": "plural",
    "those": "plural",
}
"""Each determiner with the one number that it takes, or ``None`` for both."""

CONNECTIVES: dict[str, str] = {
    "same": "in other words ,",
    "other": "another question :",
    "follows": "therefore",
    "denied": "nobody says that",
    "open": "perhaps",
}
"""What stands before a sentence and tells how it bears on the one before."""

POSITIVE: tuple[str, ...] = (
    "good", "great", "superb", "charming", "clever", "fresh", "funny", "brilliant", "lovely", "gripping",
)  # fmt: skip
NEGATIVE: tuple[str, ...] = (
    "bad", "awful", "terrible", "dull", "clumsy", "stale", "boring", "tedious", "silly", "dreadful",
)  # fmt: skip
INTENSIFIERS: tuple[str, ...] = ("very", "really", "truly", "quite")
NEGATORS: tuple[str, ...] = ("not", "never", "hardly", "far from", "anything but")
LIKING: tuple[tuple[str, str], ...] = (("love", "loves"), ("enjoy", "enjoys"), ("praise", "praises"))
DISLIKING: tuple[tuple[str, str], ...] = (("hate", "hates"), ("dislike", "dislikes"), ("regret", "regrets"))
WORKS: tuple[str, ...] = ("film", "story", "play", "book", "song")
ASPECTS: tuple[str, ...] = ("plot", "script", "music", "ending", "dialogue", "humour", "cast", "pace")
AUDIENCES: tuple[tuple[str, Number], ...] = (
    ("critics", "plural"),
    ("viewers", "plural"),
    ("everybody", "singular"),
    ("the audience", "singular"),
)


def _act(name: str) -> Verb:
    return next(verb for verb in (*TRANSITIVE, *INTRANSITIVE) if verb.names[0][0] == name)


PLEASED: tuple[Verb, ...] = tuple(map(_act, ("admire", "greet", "guard", "want", "laugh", "shout", "wait", "travel")))
DISPLEASED: tuple[Verb, ...] = tuple(map(_act, ("attack", "fear", "push", "chase", "sleep", "vanish", "fall", "tremble")))
"""What those who like a work do, and those who do not."""
