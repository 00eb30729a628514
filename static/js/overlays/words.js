// The few words that overlays say themselves, in the streamer's language.

const WORDS = {
  ru: {
    someone: "Кто-то", total: "Собрано", stream: "Собрано за стрим", left: "осталось", over: "сверх цели",
    reached: "цель собрана", latest: "Последние донаты", test: "проверка", rehearsal: "репетиция", none: "Донатов пока нет",
    missed: { one: "донат, пока вас не было", few: "доната, пока вас не было", many: "донатов, пока вас не было" },
  },
  uk: {
    someone: "Хтось", total: "Зібрано", stream: "Зібрано за стрім", left: "залишилось", over: "понад ціль",
    reached: "ціль зібрано", latest: "Останні донати", test: "перевірка", rehearsal: "репетиція", none: "Донатів поки немає",
    missed: { one: "донат, поки вас не було", few: "донати, поки вас не було", many: "донатів, поки вас не було" },
  },
  en: {
    someone: "Someone", total: "Raised", stream: "Raised this stream", left: "to go", over: "over the goal",
    reached: "goal reached", latest: "Latest donations", test: "test", rehearsal: "rehearsal", none: "No donations yet",
    missed: { one: "donation while you were away", other: "donations while you were away" },
  },
};

/** The words of a language; English where it is unknown. */
export function wordsIn(language) {
  return WORDS[language] ?? WORDS.en;
}

/** "12 donations while you were away". */
export function missedIn(language, count) {
  const { missed } = wordsIn(language);
  const form = missed[new Intl.PluralRules(language).select(count)] ?? missed.many ?? missed.other;
  return `${count} ${form}`;
}
