// The few words that overlays say themselves, in the streamer's language.

const WORDS = {
  ru: { someone: "Кто-то", total: "Собрано", stream: "Собрано за стрим", left: "осталось", over: "сверх цели", reached: "цель собрана", latest: "Последние донаты", test: "проверка", none: "Донатов пока нет" },
  uk: { someone: "Хтось", total: "Зібрано", stream: "Зібрано за стрім", left: "залишилось", over: "понад ціль", reached: "ціль зібрано", latest: "Останні донати", test: "перевірка", none: "Донатів поки немає" },
  en: { someone: "Someone", total: "Raised", stream: "Raised this stream", left: "to go", over: "over the goal", reached: "goal reached", latest: "Latest donations", test: "test", none: "No donations yet" },
};

/** The words of a language; English where it is unknown. */
export function wordsIn(language) {
  return WORDS[language] ?? WORDS.en;
}
