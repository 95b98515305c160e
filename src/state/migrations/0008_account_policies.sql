-- Policies of single resources, and what an account says of keeping its data.
CREATE TABLE resource_policies (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  resource_arn TEXT NOT NULL,
  policy TEXT NOT NULL,
  PRIMARY KEY (account, region, resource_arn)
);

CREATE TABLE data_retention (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  mode TEXT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region)
);

INSERT INTO revisions (topic, revision) VALUES ('resource_policies', 0);
