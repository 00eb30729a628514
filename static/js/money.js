// Money as people read it: `1 500 ₽`, `12,50 ₴`, `$1,500`; no decimals when it is whole. Like donations/money.py.

const SIGNS = { RUB: "₽", UAH: "₴", KZT: "₸", USD: "$", EUR: "€", BYN: "Br", GBP: "£", PLN: "zł" };
const SIGN_FIRST = ["USD", "EUR", "GBP"];
const THIN = "\u202f";
const STUCK = "\u00a0";

/** @param {{minor: number, currency: string, exponent: number}} money minor units */
export function formatMoney(money, language) {
  const unit = 10 ** money.exponent;
  const digits = money.minor % unit === 0 ? 0 : money.exponent;
  const number = new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: "always",
  })
    .format(money.minor / unit)
    .replace(/[\u00a0\u2009\u202f]/g, THIN);
  const sign = SIGNS[money.currency] ?? money.currency;
  return language.startsWith("en") && SIGN_FIRST.includes(money.currency) ? sign + number : number + STUCK + sign;
}

/** Whole major units only, rounded down: for figures on their way up to another amount. */
export function wholeMoney(money) {
  const unit = 10 ** money.exponent;
  return { ...money, minor: Math.floor(money.minor / unit) * unit };
}
