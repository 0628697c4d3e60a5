/** Milliseconds that a session waits for a table that another one holds, before it says who that is. */
export const lockWait = 30_000;
