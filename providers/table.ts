/** A table to look words of a configuration up in: unlike an object's, `constructor` is no entry of it. */
export function table<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null) as Record<string, Value>, entries);
}
