/** Python's `round` to a whole number: halves go to the even neighbor. */
export function round(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

export const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
