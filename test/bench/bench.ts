/** `npm run bench` times the move between Postgres servers, `npm run bench -- d1` that of a local D1. */
await(process.argv[2] === "d1" ? import("./workspaces.ts") : import("./move.ts"));
