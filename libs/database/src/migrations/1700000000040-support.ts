import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The timeline: what support did stands in the same append-only ledger as the moves, each row with what was to come next and with customer time. */
export class Support1700000000040 implements MigrationInterface {
  name = 'Support1700000000040';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('What support did is not thrown away: drop the database instead.');
  }
}

const STATEMENTS = [
  // null = a move of the policy
  `ALTER TABLE lifecycle_ledger ADD COLUMN verb text`,
  `ALTER TABLE lifecycle_ledger ADD COLUMN details jsonb NOT NULL DEFAULT '{}'`,
  `ALTER TABLE lifecycle_ledger ADD COLUMN next_step jsonb`,
  `ALTER TABLE lifecycle_ledger ADD COLUMN customer_time timestamptz`,
  // What the support page shows of an open case: deadlines, attempts, shifts.
  `ALTER TABLE customer ADD COLUMN dunning jsonb`,
  // Grace is never shortened, whoever writes (lifecycle.md rule 3): the anchor of a case and the end of its grace move later only, its policy not at all.
  // Only support's own word, counted here, brings the end nearer.
  `ALTER TABLE dunning_case ADD COLUMN grace_until timestamptz(3)`,
  `ALTER TABLE dunning_case ADD COLUMN stage_sets integer NOT NULL DEFAULT 0`,
  `CREATE FUNCTION refuse_shorter_grace() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NOT NULL THEN RETURN NEW; END IF;
      IF NEW.policy_version <> OLD.policy_version THEN RAISE EXCEPTION 'case %: a running case keeps its policy', OLD.case_id USING ERRCODE = 'restrict_violation'; END IF;
      IF NEW.anchor_at < OLD.anchor_at OR (NEW.grace_until < OLD.grace_until AND NEW.stage_sets <= OLD.stage_sets) THEN
        RAISE EXCEPTION 'case %: grace is never shortened', OLD.case_id USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$`,
  `CREATE TRIGGER grace_is_never_shortened BEFORE UPDATE ON dunning_case FOR EACH ROW EXECUTE FUNCTION refuse_shorter_grace()`,
];
