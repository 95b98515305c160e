-- Keys of accounts, their material (sealed under the server's root key), their aliases and grants.
CREATE TABLE kms_keys (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  key_id TEXT NOT NULL,
  spec TEXT NOT NULL,
  key_usage TEXT NOT NULL,
  manager TEXT NOT NULL,
  description TEXT NOT NULL,
  state TEXT NOT NULL,
  policy TEXT NOT NULL,
  version BIGINT NOT NULL,
  rotation_days BIGINT NOT NULL,
  next_rotation_at_ms BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  deletion_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, key_id)
);

CREATE TABLE kms_key_versions (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  key_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  material_id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  origin TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, key_id, version)
);

CREATE TABLE kms_aliases (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  alias_name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, alias_name)
);

CREATE INDEX kms_aliases_of_key ON kms_aliases (account, region, key_id);

CREATE TABLE kms_grants (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  key_id TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  grantee TEXT NOT NULL,
  grantee_service TEXT NOT NULL,
  retiring TEXT NOT NULL,
  retiring_service TEXT NOT NULL,
  operations TEXT NOT NULL,
  constraints TEXT NOT NULL,
  issuing_account TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, key_id, grant_id)
);

CREATE INDEX kms_grants_by_retiring ON kms_grants (retiring, region);

-- One row: which root key the material was sealed with. Of no account and region.
CREATE TABLE kms_root_key (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (account, region)
);
