CREATE TABLE read."customers_v1" (
    "tenant_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "name" text NOT NULL,
    "email" bytea,
    "email_match" bytea,
    "currency" text NOT NULL,
    "payment_terms_days" bigint NOT NULL,
    "status" text NOT NULL,
    "opened_at" timestamp with time zone NOT NULL,
    "closed_at" timestamp with time zone,
    "updated_position" bigint NOT NULL,
    CONSTRAINT "status_is_known" CHECK ("status" IN ('open', 'closed'))
);
ALTER TABLE read."customers_v1" ADD CONSTRAINT "customers_v1_pkey" PRIMARY KEY ("tenant_id", "id");
CREATE INDEX "customers_v1_by_updated_position" ON read."customers_v1" ("tenant_id", "updated_position");
CREATE INDEX "customers_v1_by_name" ON read."customers_v1" ("tenant_id", "name");
CREATE INDEX "customers_v1_by_opened_at" ON read."customers_v1" ("tenant_id", "opened_at");
CREATE INDEX "customers_v1_search_name" ON read."customers_v1" USING gin (tenant_id, "name" search.gin_trgm_ops);
COMMENT ON TABLE read."customers_v1" IS 'One customer: who is invoiced, where, and on which terms.';
COMMENT ON COLUMN read."customers_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."customers_v1"."id" IS 'The customer.';
COMMENT ON COLUMN read."customers_v1"."name" IS 'The name that invoices are made out to.';
COMMENT ON COLUMN read."customers_v1"."email" IS 'Where invoices go. Personal: sealed with the key of the person whose it is.';
COMMENT ON COLUMN read."customers_v1"."email_match" IS 'A keyed hash of email, by which it is found. Empty once erased.';
COMMENT ON COLUMN read."customers_v1"."currency" IS 'The currency of all of the customer''s invoices.';
COMMENT ON COLUMN read."customers_v1"."payment_terms_days" IS 'How many days after its issue an invoice falls due.';
COMMENT ON COLUMN read."customers_v1"."status" IS 'Whether the customer can be invoiced.';
COMMENT ON COLUMN read."customers_v1"."opened_at" IS 'When the customer was opened.';
COMMENT ON COLUMN read."customers_v1"."closed_at" IS 'When the customer was closed, if so.';
COMMENT ON COLUMN read."customers_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."customers_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."customers_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."customers_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."customers_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."customers_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."customers_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."customers_v1" TO tenantry_projector;

CREATE TABLE read."invoices_v1" (
    "tenant_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "number" text,
    "customer_id" uuid NOT NULL,
    "status" text NOT NULL,
    "overdue" boolean NOT NULL,
    "currency" text NOT NULL,
    "net_minor" bigint NOT NULL,
    "tax_minor" bigint NOT NULL,
    "total_minor" bigint NOT NULL,
    "paid_minor" bigint NOT NULL,
    "overpaid_minor" bigint NOT NULL,
    "credited_minor" bigint NOT NULL,
    "written_off_minor" bigint NOT NULL,
    "due_minor" bigint NOT NULL,
    "issued_on" date,
    "due_on" date,
    "paid_on" date,
    "lines" jsonb NOT NULL,
    "discounts" jsonb NOT NULL,
    "drafted_at" timestamp with time zone NOT NULL,
    "updated_position" bigint NOT NULL,
    CONSTRAINT "status_is_known" CHECK ("status" IN ('draft', 'issued', 'partially_paid', 'paid', 'written_off', 'void'))
);
ALTER TABLE read."invoices_v1" ADD CONSTRAINT "invoices_v1_pkey" PRIMARY KEY ("tenant_id", "id");
CREATE INDEX "invoices_v1_by_updated_position" ON read."invoices_v1" ("tenant_id", "updated_position");
CREATE INDEX "invoices_v1_by_status_due_on" ON read."invoices_v1" ("tenant_id", "status", "due_on");
CREATE INDEX "invoices_v1_by_customer_id_issued_on" ON read."invoices_v1" ("tenant_id", "customer_id", "issued_on");
CREATE INDEX "invoices_v1_by_issued_on" ON read."invoices_v1" ("tenant_id", "issued_on");
CREATE INDEX "invoices_v1_by_drafted_at" ON read."invoices_v1" ("tenant_id", "drafted_at");
CREATE INDEX "invoices_v1_by_number" ON read."invoices_v1" ("tenant_id", "number");
COMMENT ON TABLE read."invoices_v1" IS 'One invoice: what it comes to, how it was settled, and what is due.';
COMMENT ON COLUMN read."invoices_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."invoices_v1"."id" IS 'The invoice.';
COMMENT ON COLUMN read."invoices_v1"."number" IS 'The number, as printed, once it is issued.';
COMMENT ON COLUMN read."invoices_v1"."customer_id" IS 'Who owes it.';
COMMENT ON COLUMN read."invoices_v1"."status" IS 'How far it has come.';
COMMENT ON COLUMN read."invoices_v1"."overdue" IS 'Whether the last day to pay has passed and something is due.';
COMMENT ON COLUMN read."invoices_v1"."currency" IS 'The currency of every amount.';
COMMENT ON COLUMN read."invoices_v1"."net_minor" IS 'All lines before tax, after discounts.';
COMMENT ON COLUMN read."invoices_v1"."tax_minor" IS 'All tax.';
COMMENT ON COLUMN read."invoices_v1"."total_minor" IS 'What it comes to.';
COMMENT ON COLUMN read."invoices_v1"."paid_minor" IS 'What payments settle.';
COMMENT ON COLUMN read."invoices_v1"."overpaid_minor" IS 'What payments brought too much.';
COMMENT ON COLUMN read."invoices_v1"."credited_minor" IS 'What was let off.';
COMMENT ON COLUMN read."invoices_v1"."written_off_minor" IS 'What was given up.';
COMMENT ON COLUMN read."invoices_v1"."due_minor" IS 'What is still to be paid.';
COMMENT ON COLUMN read."invoices_v1"."issued_on" IS 'The day of issue.';
COMMENT ON COLUMN read."invoices_v1"."due_on" IS 'The last day to pay.';
COMMENT ON COLUMN read."invoices_v1"."paid_on" IS 'The day it was settled, if it is.';
COMMENT ON COLUMN read."invoices_v1"."lines" IS 'The lines. The net of each is after all discounts once it is issued.';
COMMENT ON COLUMN read."invoices_v1"."discounts" IS 'What is let off the whole.';
COMMENT ON COLUMN read."invoices_v1"."drafted_at" IS 'When it was drafted.';
COMMENT ON COLUMN read."invoices_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."invoices_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."invoices_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."invoices_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."invoices_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."invoices_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."invoices_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."invoices_v1" TO tenantry_projector;

CREATE TABLE read."receipts_v1" (
    "tenant_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "number" text NOT NULL,
    "invoice_id" uuid NOT NULL,
    "invoice_number" text NOT NULL,
    "customer_id" uuid NOT NULL,
    "payment_id" uuid NOT NULL,
    "capture_id" text NOT NULL,
    "currency" text NOT NULL,
    "amount_minor" bigint NOT NULL,
    "issued_on" date NOT NULL,
    "updated_position" bigint NOT NULL
);
ALTER TABLE read."receipts_v1" ADD CONSTRAINT "receipts_v1_pkey" PRIMARY KEY ("tenant_id", "id");
CREATE INDEX "receipts_v1_by_updated_position" ON read."receipts_v1" ("tenant_id", "updated_position");
CREATE INDEX "receipts_v1_by_issued_on" ON read."receipts_v1" ("tenant_id", "issued_on");
CREATE INDEX "receipts_v1_by_customer_id_issued_on" ON read."receipts_v1" ("tenant_id", "customer_id", "issued_on");
CREATE INDEX "receipts_v1_by_invoice_id" ON read."receipts_v1" ("tenant_id", "invoice_id");
CREATE INDEX "receipts_v1_by_payment_id" ON read."receipts_v1" ("tenant_id", "payment_id");
COMMENT ON TABLE read."receipts_v1" IS 'One receipt: what was received from whom for which invoice.';
COMMENT ON COLUMN read."receipts_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."receipts_v1"."id" IS 'The receipt.';
COMMENT ON COLUMN read."receipts_v1"."number" IS 'The number, as printed.';
COMMENT ON COLUMN read."receipts_v1"."invoice_id" IS 'For which invoice.';
COMMENT ON COLUMN read."receipts_v1"."invoice_number" IS 'The invoice''s number, as printed.';
COMMENT ON COLUMN read."receipts_v1"."customer_id" IS 'Who owed it.';
COMMENT ON COLUMN read."receipts_v1"."payment_id" IS 'Of which payment.';
COMMENT ON COLUMN read."receipts_v1"."capture_id" IS 'Which capture of it.';
COMMENT ON COLUMN read."receipts_v1"."currency" IS 'The currency.';
COMMENT ON COLUMN read."receipts_v1"."amount_minor" IS 'All that was received.';
COMMENT ON COLUMN read."receipts_v1"."issued_on" IS 'The day of issue.';
COMMENT ON COLUMN read."receipts_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."receipts_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."receipts_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."receipts_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."receipts_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."receipts_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."receipts_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."receipts_v1" TO tenantry_projector;

CREATE TABLE read."aged_receivables_v1" (
    "tenant_id" uuid NOT NULL,
    "customer_id" uuid NOT NULL,
    "currency" text NOT NULL,
    "due_on" date NOT NULL,
    "booked_on" date NOT NULL,
    "amount_minor" bigint NOT NULL,
    "bookings" bigint NOT NULL,
    "updated_position" bigint NOT NULL
);
ALTER TABLE read."aged_receivables_v1" ADD CONSTRAINT "aged_receivables_v1_pkey" PRIMARY KEY ("tenant_id", "customer_id", "currency", "due_on", "booked_on");
CREATE INDEX "aged_receivables_v1_by_updated_position" ON read."aged_receivables_v1" ("tenant_id", "updated_position");
CREATE INDEX "aged_receivables_v1_by_currency_due_on" ON read."aged_receivables_v1" ("tenant_id", "currency", "due_on");
CREATE INDEX "aged_receivables_v1_by_booked_on" ON read."aged_receivables_v1" ("tenant_id", "booked_on");
COMMENT ON TABLE read."aged_receivables_v1" IS 'By how much one day''s bookings changed what a customer owes of one due date.';
COMMENT ON COLUMN read."aged_receivables_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."aged_receivables_v1"."customer_id" IS 'Who owes it.';
COMMENT ON COLUMN read."aged_receivables_v1"."currency" IS 'The currency.';
COMMENT ON COLUMN read."aged_receivables_v1"."due_on" IS 'The last day to pay.';
COMMENT ON COLUMN read."aged_receivables_v1"."booked_on" IS 'The day of the bookings.';
COMMENT ON COLUMN read."aged_receivables_v1"."amount_minor" IS 'How much more is owed because of them, less if below zero.';
COMMENT ON COLUMN read."aged_receivables_v1"."bookings" IS 'How many bookings there were.';
COMMENT ON COLUMN read."aged_receivables_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."aged_receivables_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."aged_receivables_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."aged_receivables_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."aged_receivables_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."aged_receivables_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."aged_receivables_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."aged_receivables_v1" TO tenantry_projector;

CREATE TABLE read."daily_revenue_v1" (
    "tenant_id" uuid NOT NULL,
    "day" date NOT NULL,
    "currency" text NOT NULL,
    "invoices_issued" bigint NOT NULL,
    "billed_net_minor" bigint NOT NULL,
    "billed_tax_minor" bigint NOT NULL,
    "invoices_voided" bigint NOT NULL,
    "voided_net_minor" bigint NOT NULL,
    "voided_tax_minor" bigint NOT NULL,
    "credited_net_minor" bigint NOT NULL,
    "credited_tax_minor" bigint NOT NULL,
    "written_off_minor" bigint NOT NULL,
    "collected_minor" bigint NOT NULL,
    "updated_position" bigint NOT NULL
);
ALTER TABLE read."daily_revenue_v1" ADD CONSTRAINT "daily_revenue_v1_pkey" PRIMARY KEY ("tenant_id", "day", "currency");
CREATE INDEX "daily_revenue_v1_by_updated_position" ON read."daily_revenue_v1" ("tenant_id", "updated_position");
CREATE INDEX "daily_revenue_v1_by_currency_day" ON read."daily_revenue_v1" ("tenant_id", "currency", "day");
COMMENT ON TABLE read."daily_revenue_v1" IS 'One day in one currency. What is let off later counts on its own day.';
COMMENT ON COLUMN read."daily_revenue_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."daily_revenue_v1"."day" IS 'The day.';
COMMENT ON COLUMN read."daily_revenue_v1"."currency" IS 'The currency of every amount.';
COMMENT ON COLUMN read."daily_revenue_v1"."invoices_issued" IS 'How many invoices were issued.';
COMMENT ON COLUMN read."daily_revenue_v1"."billed_net_minor" IS 'What they came to before tax.';
COMMENT ON COLUMN read."daily_revenue_v1"."billed_tax_minor" IS 'The tax on them.';
COMMENT ON COLUMN read."daily_revenue_v1"."invoices_voided" IS 'How many invoices were declared void.';
COMMENT ON COLUMN read."daily_revenue_v1"."voided_net_minor" IS 'What those had come to before tax.';
COMMENT ON COLUMN read."daily_revenue_v1"."voided_tax_minor" IS 'The tax on those.';
COMMENT ON COLUMN read."daily_revenue_v1"."credited_net_minor" IS 'What was credited before tax.';
COMMENT ON COLUMN read."daily_revenue_v1"."credited_tax_minor" IS 'The tax on it.';
COMMENT ON COLUMN read."daily_revenue_v1"."written_off_minor" IS 'What was given up, with tax.';
COMMENT ON COLUMN read."daily_revenue_v1"."collected_minor" IS 'What payments settled, less what left again.';
COMMENT ON COLUMN read."daily_revenue_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."daily_revenue_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."daily_revenue_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."daily_revenue_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."daily_revenue_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."daily_revenue_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."daily_revenue_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."daily_revenue_v1" TO tenantry_projector;

CREATE TABLE read."payments_v1" (
    "tenant_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "status" text NOT NULL,
    "invoice_id" uuid,
    "wallet_id" uuid,
    "currency" text NOT NULL,
    "amount_minor" bigint NOT NULL,
    "authorized_minor" bigint NOT NULL,
    "captured_minor" bigint NOT NULL,
    "late_minor" bigint NOT NULL,
    "refunded_minor" bigint NOT NULL,
    "fees_minor" bigint NOT NULL,
    "capture" text NOT NULL,
    "method_ref" text NOT NULL,
    "provider" text,
    "last_failure" text,
    "expires_at" timestamp with time zone,
    "created_at" timestamp with time zone NOT NULL,
    "updated_position" bigint NOT NULL,
    CONSTRAINT "status_is_known" CHECK ("status" IN ('created', 'processing', 'action_required', 'unknown', 'declined', 'authorized', 'partially_captured', 'captured', 'voided', 'expired', 'conflicted')),
    CONSTRAINT "capture_is_known" CHECK ("capture" IN ('auto', 'manual'))
);
ALTER TABLE read."payments_v1" ADD CONSTRAINT "payments_v1_pkey" PRIMARY KEY ("tenant_id", "id");
CREATE INDEX "payments_v1_by_updated_position" ON read."payments_v1" ("tenant_id", "updated_position");
CREATE INDEX "payments_v1_by_status_created_at" ON read."payments_v1" ("tenant_id", "status", "created_at");
CREATE INDEX "payments_v1_by_created_at" ON read."payments_v1" ("tenant_id", "created_at");
CREATE INDEX "payments_v1_by_invoice_id" ON read."payments_v1" ("tenant_id", "invoice_id");
CREATE INDEX "payments_v1_by_wallet_id" ON read."payments_v1" ("tenant_id", "wallet_id");
COMMENT ON TABLE read."payments_v1" IS 'One payment: how much of it was authorized, captured and given back.';
COMMENT ON COLUMN read."payments_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."payments_v1"."id" IS 'The payment.';
COMMENT ON COLUMN read."payments_v1"."status" IS 'How far it has come.';
COMMENT ON COLUMN read."payments_v1"."invoice_id" IS 'The invoice it is for, if it is for one.';
COMMENT ON COLUMN read."payments_v1"."wallet_id" IS 'The wallet it fills, if it fills one.';
COMMENT ON COLUMN read."payments_v1"."currency" IS 'The currency of every amount.';
COMMENT ON COLUMN read."payments_v1"."amount_minor" IS 'How much is to be received.';
COMMENT ON COLUMN read."payments_v1"."authorized_minor" IS 'How much a provider holds or held for us.';
COMMENT ON COLUMN read."payments_v1"."captured_minor" IS 'How much of it is ours, captured in time.';
COMMENT ON COLUMN read."payments_v1"."late_minor" IS 'How much came after it had been given up.';
COMMENT ON COLUMN read."payments_v1"."refunded_minor" IS 'How much was given back.';
COMMENT ON COLUMN read."payments_v1"."fees_minor" IS 'What providers keep, as far as it is known.';
COMMENT ON COLUMN read."payments_v1"."capture" IS 'When the money is drawn.';
COMMENT ON COLUMN read."payments_v1"."method_ref" IS 'The provider''s token of the payer''s card or account.';
COMMENT ON COLUMN read."payments_v1"."provider" IS 'The provider that was asked last.';
COMMENT ON COLUMN read."payments_v1"."last_failure" IS 'Why the last thing that failed did.';
COMMENT ON COLUMN read."payments_v1"."expires_at" IS 'Until when the authorization can be captured.';
COMMENT ON COLUMN read."payments_v1"."created_at" IS 'When it was created.';
COMMENT ON COLUMN read."payments_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."payments_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."payments_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."payments_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."payments_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."payments_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."payments_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."payments_v1" TO tenantry_projector;

CREATE TABLE read."wallets_v1" (
    "tenant_id" uuid NOT NULL,
    "id" uuid NOT NULL,
    "customer_id" uuid NOT NULL,
    "status" text NOT NULL,
    "currency" text NOT NULL,
    "posted_minor" bigint NOT NULL,
    "held_minor" bigint NOT NULL,
    "overdraft_minor" bigint NOT NULL,
    "available_minor" bigint NOT NULL,
    "bookings" bigint NOT NULL,
    "opened_at" timestamp with time zone NOT NULL,
    "booked_at" timestamp with time zone,
    "updated_position" bigint NOT NULL,
    CONSTRAINT "status_is_known" CHECK ("status" IN ('open', 'frozen', 'closed'))
);
ALTER TABLE read."wallets_v1" ADD CONSTRAINT "wallets_v1_pkey" PRIMARY KEY ("tenant_id", "id");
CREATE INDEX "wallets_v1_by_updated_position" ON read."wallets_v1" ("tenant_id", "updated_position");
CREATE INDEX "wallets_v1_by_customer_id" ON read."wallets_v1" ("tenant_id", "customer_id");
CREATE INDEX "wallets_v1_by_status" ON read."wallets_v1" ("tenant_id", "status");
CREATE INDEX "wallets_v1_by_currency_available_minor" ON read."wallets_v1" ("tenant_id", "currency", "available_minor");
COMMENT ON TABLE read."wallets_v1" IS 'One wallet: what is posted, what of it is held, what can be spent.';
COMMENT ON COLUMN read."wallets_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."wallets_v1"."id" IS 'The wallet.';
COMMENT ON COLUMN read."wallets_v1"."customer_id" IS 'Whose money it is.';
COMMENT ON COLUMN read."wallets_v1"."status" IS 'Whether it can be booked on.';
COMMENT ON COLUMN read."wallets_v1"."currency" IS 'The currency of every amount.';
COMMENT ON COLUMN read."wallets_v1"."posted_minor" IS 'The balance.';
COMMENT ON COLUMN read."wallets_v1"."held_minor" IS 'What is promised of it.';
COMMENT ON COLUMN read."wallets_v1"."overdraft_minor" IS 'How far below zero it may go.';
COMMENT ON COLUMN read."wallets_v1"."available_minor" IS 'What can be booked out or held.';
COMMENT ON COLUMN read."wallets_v1"."bookings" IS 'How many bookings there are.';
COMMENT ON COLUMN read."wallets_v1"."opened_at" IS 'When it was opened.';
COMMENT ON COLUMN read."wallets_v1"."booked_at" IS 'When it was last booked on.';
COMMENT ON COLUMN read."wallets_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."wallets_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."wallets_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."wallets_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."wallets_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."wallets_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."wallets_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."wallets_v1" TO tenantry_projector;

CREATE TABLE read."wallet_statement_v1" (
    "tenant_id" uuid NOT NULL,
    "wallet_id" uuid NOT NULL,
    "entry" bigint NOT NULL,
    "kind" text NOT NULL,
    "reference" text NOT NULL,
    "contra_account" text NOT NULL,
    "currency" text NOT NULL,
    "amount_minor" bigint NOT NULL,
    "balance_minor" bigint NOT NULL,
    "booked_at" timestamp with time zone NOT NULL,
    "updated_position" bigint NOT NULL,
    CONSTRAINT "kind_is_known" CHECK ("kind" IN ('credit', 'debit', 'capture'))
);
ALTER TABLE read."wallet_statement_v1" ADD CONSTRAINT "wallet_statement_v1_pkey" PRIMARY KEY ("tenant_id", "wallet_id", "entry");
CREATE INDEX "wallet_statement_v1_by_updated_position" ON read."wallet_statement_v1" ("tenant_id", "updated_position");
CREATE INDEX "wallet_statement_v1_by_wallet_id_booked_at" ON read."wallet_statement_v1" ("tenant_id", "wallet_id", "booked_at");
CREATE INDEX "wallet_statement_v1_by_booked_at" ON read."wallet_statement_v1" ("tenant_id", "booked_at");
CREATE INDEX "wallet_statement_v1_by_reference" ON read."wallet_statement_v1" ("tenant_id", "reference");
COMMENT ON TABLE read."wallet_statement_v1" IS 'One booking: what moved, and the balance it left.';
COMMENT ON COLUMN read."wallet_statement_v1"."tenant_id" IS 'The tenant whose row it is.';
COMMENT ON COLUMN read."wallet_statement_v1"."wallet_id" IS 'The wallet.';
COMMENT ON COLUMN read."wallet_statement_v1"."entry" IS 'The place of the booking in the wallet''s life; later ones are higher.';
COMMENT ON COLUMN read."wallet_statement_v1"."kind" IS 'Which way the money went.';
COMMENT ON COLUMN read."wallet_statement_v1"."reference" IS 'What the booking is called.';
COMMENT ON COLUMN read."wallet_statement_v1"."contra_account" IS 'The account on the other side.';
COMMENT ON COLUMN read."wallet_statement_v1"."currency" IS 'The currency of both amounts.';
COMMENT ON COLUMN read."wallet_statement_v1"."amount_minor" IS 'What moved: into the wallet, or out of it if below zero.';
COMMENT ON COLUMN read."wallet_statement_v1"."balance_minor" IS 'The balance after it.';
COMMENT ON COLUMN read."wallet_statement_v1"."booked_at" IS 'When it was booked.';
COMMENT ON COLUMN read."wallet_statement_v1"."updated_position" IS 'The position in the tenant''s log of the last event in the row.';
ALTER TABLE read."wallet_statement_v1" ENABLE ROW LEVEL SECURITY;
ALTER TABLE read."wallet_statement_v1" FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON read."wallet_statement_v1" FOR SELECT TO tenantry_query
    USING (tenant_id = log.current_tenant());
CREATE POLICY projecting ON read."wallet_statement_v1" TO tenantry_projector
    USING (tenant_id = log.current_tenant()) WITH CHECK (tenant_id = log.current_tenant());
CREATE POLICY rebuilding ON read."wallet_statement_v1" TO tenantry_owner USING (true) WITH CHECK (true);
GRANT SELECT ON read."wallet_statement_v1" TO tenantry_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON read."wallet_statement_v1" TO tenantry_projector;
