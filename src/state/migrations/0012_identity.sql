-- Accounts beside the first, and the identities of all: users, groups, roles, policies, providers.
-- These are of no region. A root's credentials and the secrets inside bodies are sealed.
CREATE TABLE accounts (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  root TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region)
);

CREATE TABLE identities (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account, region, kind, name)
);

-- When a key or role was used last, with what and where.
CREATE TABLE identity_uses (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  id TEXT NOT NULL,
  used_at_ms BIGINT NOT NULL,
  used_service TEXT NOT NULL,
  used_region TEXT NOT NULL,
  PRIMARY KEY (account, region, id)
);

INSERT INTO revisions (topic, revision) VALUES ('identities', 0);
