-- What stands beside a model's weights: a projector, with which it takes images, and a small model
-- that guesses for it. Paths of files; empty for none.
ALTER TABLE added_models ADD COLUMN projector TEXT NOT NULL DEFAULT '';
ALTER TABLE added_models ADD COLUMN draft TEXT NOT NULL DEFAULT '';
ALTER TABLE bindings ADD COLUMN projector TEXT NOT NULL DEFAULT '';
ALTER TABLE bindings ADD COLUMN draft TEXT NOT NULL DEFAULT '';
