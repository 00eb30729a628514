// Donors' texts made fit for the screen: counted and cut by what a person sees as one sign.

const MOST_MARKS = 4;

/** At most `longest` graphemes, with "…" when something was cut; piled-up combining marks are thinned out. */
export function cut(text, longest) {
  const calm = text.replace(/(\p{M}{4})\p{M}+/gu, (_, first) => first.slice(0, MOST_MARKS));
  const signs = Intl.Segmenter ? [...new Intl.Segmenter().segment(calm)].map((each) => each.segment) : [...calm];
  return signs.length <= longest ? calm : `${signs.slice(0, longest - 1).join("").trimEnd()}…`;
}
