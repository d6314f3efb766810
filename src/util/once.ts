/** What was found out the first time is the answer for good. */
export function once<Value>(find: () => Value): () => Value {
  let found: {readonly value: Value} | undefined;
  return () => {
    found ??= {value: find()};
    return found.value;
  };
}
