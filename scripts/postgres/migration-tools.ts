/** Migration tools whose history tables are recognised. */
export const migrationTools = [
  "prisma",
  "dbmate",
  "drizzle",
  "knex",
  "rails",
  "alembic",
  "flyway",
  "node-pg-migrate",
  "none",
] as const;

export type MigrationTool = (typeof migrationTools)[number];
