"""What people write with a donation: the words of the demo's made-up donors, in the streamer's language."""

from __future__ import annotations

import secrets

WORDS = {
    "ru": (
        "На новый микрофон!",
        "Спасибо за эфир, очень уютно",
        "Прыгай выше, свинка 🐷",
        "Я с работы смотрю, тихо",
        "Держи на чай ☕",
        "Это за тот прыжок!",
        "Привет из Казани",
        "Лучший стрим за неделю",
        "Ещё одну попытку, и пройдёшь",
        "Просто так, хорошего вечера",
    ),
    "uk": (
        "На новий мікрофон!",
        "Дякую за ефір, дуже затишно",
        "Стрибай вище, свинко 🐷",
        "Тримай на каву ☕",
        "Це за той стрибок!",
        "Вітання зі Львова",
        "Найкращий стрім за тиждень",
        "Ще одна спроба, і пройдеш",
        "Просто так, гарного вечора",
    ),
    "en": (
        "For the new microphone!",
        "Thanks for the stream, so cosy",
        "Jump higher, piggy 🐷",
        "Watching from work, quietly",
        "Have a tea on me ☕",
        "That jump deserved it!",
        "Hello from Leeds",
        "Best stream of the week",
        "One more try and you have it",
        "Just because. Have a good evening",
    ),
}


def gift_words(language: str) -> str:
    """A donor's words by chance; one in six gives without words."""
    return "" if secrets.randbelow(6) == 0 else secrets.choice(WORDS.get(language, WORDS["en"]))
