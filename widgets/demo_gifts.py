"""The demo's past: forty believable gifts over three weeks in three languages, most of them during three streams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PastGift:
    """`roubles` given `days` before today, `minute` minutes after seven in the evening (negative: before it)."""

    roubles: int
    words: str
    days: int
    minute: int


@dataclass(frozen=True, slots=True)
class PastStream:
    """A broadcast `days` before today, from seven in the evening on, `minutes` long."""

    title: str
    days: int
    minutes: int


STREAMS = [
    PastStream("Собираем новый микрофон", 20, 190),
    PastStream("Хоррор-вечер", 12, 215),
    PastStream("Speedrun Saturday", 5, 170),
]

GIFTS = [
    PastGift(500, "С почином! На микрофон", 20, 4),
    PastGift(100, "привет из Казани", 20, 9),
    PastGift(1500, "Ты вытащила меня из тоски этой осенью, спасибо", 20, 21),
    PastGift(250, "", 20, 33),
    PastGift(300, "Спой что-нибудь!", 20, 47),
    PastGift(777, "на удачу 🍀", 20, 58),
    PastGift(200, "Дякую за стрім, з Полтави", 20, 76),
    PastGift(1000, "keep it up, you make my Fridays", 20, 95),
    PastGift(150, "а кот будет?", 20, 118),
    PastGift(3000, "Пусть голос звучит как надо 🎙️", 20, 151),
    PastGift(400, "спокойной ночи всем", 20, 186),
    PastGift(500, "не успел на стрим, смотрю запись", 18, -240),
    PastGift(100, "+", 17, -30),
    PastGift(1200, "For the mic fund. Greetings from Riga!", 15, -95),
    PastGift(250, "", 14, 35),
    PastGift(666, "За страшное 👻", 12, 6),
    PastGift(300, "не ходи в подвал", 12, 12),
    PastGift(100, "я предупреждал", 12, 15),
    PastGift(500, "Ой, я аж підскочила 😱", 12, 31),
    PastGift(200, "соседи спрашивают, что за крик", 12, 44),
    PastGift(1000, "за лучший испуг вечера", 12, 63),
    PastGift(350, "", 12, 80),
    PastGift(2500, "Хотел купить пиццу, но тебе нужнее", 12, 104),
    PastGift(150, "behind you!", 12, 126),
    PastGift(450, "Обнимаю, не бойся", 12, 149),
    PastGift(1111, "один-один-один-один", 12, 177),
    PastGift(500, "Найкращий стрім місяця 💛", 12, 203),
    PastGift(300, "на чай", 10, -180),
    PastGift(1000, "Мой первый донат вообще", 9, -20),
    PastGift(200, "", 8, 55),
    PastGift(1337, "gl hf", 5, 3),
    PastGift(400, "давай, рекорд близко", 5, 28),
    PastGift(100, "F", 5, 41),
    PastGift(2000, "Під дві години — вірю!", 5, 66),
    PastGift(500, "what a save!!", 5, 97),
    PastGift(6000, "За рекорд! Мы это видели 🏆", 5, 139),
    PastGift(300, "руки трясутся у меня, а играешь ты", 5, 152),
    PastGift(259, "сдача с обеда", 4, -210),
    PastGift(200, "Скоро знову?", 3, -45),
    PastGift(500, "жду следующий", 2, -130),
]

GOAL_ROUBLES = 50_000
MILESTONES = ((12_500, "Споём хором"), (37_500, "Стрим до утра"))
"""Roubles, and what happens then."""
