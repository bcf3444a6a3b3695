const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const dollars = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });

export const count = (value: number): string => whole.format(value);
export const rate = (value: number): string => short.format(value);
export const money = (value: number): string => dollars.format(value);

/** Such as 340 ms, 12 s, 3 min, 5 h. */
export const span = (seconds: number): string => {
  if (seconds < 1) return `${whole.format(seconds * 1000)} ms`;
  if (seconds < 120) return `${short.format(seconds)} s`;
  if (seconds < 7200) return `${whole.format(seconds / 60)} min`;
  return seconds < 172_800 ? `${whole.format(seconds / 3600)} h` : `${whole.format(seconds / 86_400)} d`;
};

export const spanOrDash = (seconds: number | null): string => (seconds === null ? '–' : span(seconds));

/** Such as 14:03:21, with the day unless it is today. */
export const moment = (iso: string | null): string => {
  if (iso === null) return '–';
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
};

export const shortId = (id: string): string => id.slice(0, 8);
