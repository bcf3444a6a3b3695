type UiRequest = { body?: unknown };

/**
 * Gives the tasks of the examples new taskUUIDs, so that each press runs a task. A task that asks about another, or cancels it, gets
 * the UUID of that one. Nest passes the text of this function to the browser, so it uses nothing from outside.
 */
export const renewTaskUUIDs = <R extends UiRequest>(request: R): R => {
  const ofExample = /"00000000-0000-4000-8000-00000000000(\d)"/g;
  const page = globalThis as { clearcutTaskUUIDs?: Record<string, string> };
  const known = (page.clearcutTaskUUIDs ??= {});

  const newUUID = () => {
    // Unlike randomUUID, browsers have it on pages without TLS too.
    const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
  };

  if (typeof request.body !== 'string') return request;
  const isQuestion = /"taskType"\s*:\s*"(get|cancel)/.test(request.body);
  request.body = request.body.replace(ofExample, (example, digit: string) => {
    if (!isQuestion) known[digit] = newUUID();
    return known[digit] ? `"${known[digit]}"` : example;
  });
  return request;
};
