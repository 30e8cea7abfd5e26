import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A whole number of 64 bits, sums of more. Written as a string, "9007199254740993", because JavaScript rounds larger JSON numbers; a JSON number is taken as well. */
  BigInt: { input: string | number | bigint; output: string; }
  /** A day of the calendar, without a time or a zone: "2026-11-20". */
  Date: { input: string; output: string; }
  /** A moment in UTC as RFC 3339 writes it: "2026-11-20T09:30:00.123456Z". Other offsets are taken as well. */
  DateTime: { input: string; output: string; }
  /** A number with decimals, like an average: "1234.5". Written as a string, because JSON numbers are rounded; a JSON number is taken as well. */
  Decimal: { input: string | number; output: string; }
  /** Any JSON: a value of whatever type, or what is nested in a row without a type of its own. */
  JSON: { input: unknown; output: unknown; }
};

/** A range of ages in days; a date after the one counted from has one below 0. */
export type AgeBucket = {
  __typename?: 'AgeBucket';
  /** The lowest age; null in the first bucket. */
  from?: Maybe<Scalars['Int']['output']>;
  /** The range in words: "current" for all ages up to 0, "1-30", "91+". */
  label: Scalars['String']['output'];
  /** The highest age; null in the last bucket. */
  to?: Maybe<Scalars['Int']['output']>;
};

/** Buckets by how many days a date lies before another. */
export type AgeBuckets = {
  /** The last day of each bucket but the last, rising. The default makes the buckets up to 0 (not due yet), 1-30, 31-60, 61-90 and 91+. */
  edges?: InputMaybe<Array<Scalars['Int']['input']>>;
  /** The date from which ages are counted back. */
  on: Scalars['Date']['input'];
};

/** By how much one day's bookings changed what a customer owes of one due date. */
export type AgedReceivable = {
  __typename?: 'AgedReceivable';
  /** How much more is owed because of them, less if below zero. */
  amountMinor: Scalars['BigInt']['output'];
  /** The day of the bookings. */
  bookedOn: Scalars['Date']['output'];
  /** How many bookings there were. */
  bookings: Scalars['BigInt']['output'];
  /** The currency. */
  currency: Scalars['String']['output'];
  /** Who owes it. */
  customer?: Maybe<Customer>;
  /** Who owes it. */
  customerId: Scalars['ID']['output'];
  /** The last day to pay. */
  dueOn: Scalars['Date']['output'];
  /** Made of the key, for clients to cache the row by. */
  id: Scalars['ID']['output'];
};

/** What has changed in `agedReceivables` since the last time. */
export type AgedReceivableChanges = {
  __typename?: 'AgedReceivableChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<AgedReceivable>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `agedReceivables`. */
export type AgedReceivableConnection = {
  __typename?: 'AgedReceivableConnection';
  /** The rows, each with its cursor. */
  edges: Array<AgedReceivableEdge>;
  /** The rows. */
  nodes: Array<AgedReceivable>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type AgedReceivableEdge = {
  __typename?: 'AgedReceivableEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: AgedReceivable;
};

/** The fields by which `agedReceivables` can be put in order or grouped. */
export enum AgedReceivableField {
  /** How much more is owed because of them, less if below zero. */
  AmountMinor = 'AMOUNT_MINOR',
  /** The day of the bookings. */
  BookedOn = 'BOOKED_ON',
  /** How many bookings there were. */
  Bookings = 'BOOKINGS',
  /** The currency. */
  Currency = 'CURRENCY',
  /** Who owes it. */
  CustomerId = 'CUSTOMER_ID',
  /** The last day to pay. */
  DueOn = 'DUE_ON'
}

/** Which rows of `agedReceivables`; all of it must hold. */
export type AgedReceivableFilter = {
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** All of these hold. */
  and?: InputMaybe<Array<AgedReceivableFilter>>;
  /** The day of the bookings. */
  bookedOn?: InputMaybe<DateFilter>;
  /** How many bookings there were. */
  bookings?: InputMaybe<BigIntFilter>;
  /** The currency. */
  currency?: InputMaybe<StringFilter>;
  /** There is a `customer`, and this holds of it. */
  customer?: InputMaybe<CustomerFilter>;
  /** Who owes it. */
  customerId?: InputMaybe<IdFilter>;
  /** The last day to pay. */
  dueOn?: InputMaybe<DateFilter>;
  /** This does not hold. */
  not?: InputMaybe<AgedReceivableFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<AgedReceivableFilter>>;
};

/** Some rows of `agedReceivables`, taken together. */
export type AgedReceivableGroup = {
  __typename?: 'AgedReceivableGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: AgedReceivableGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: AgedReceivableGroupKey;
  /** The greatest values of its rows. */
  max: AgedReceivableGroupMaxima;
  /** The least values of its rows. */
  min: AgedReceivableGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: AgedReceivableGroupSums;
};

/** Worked out over the rows of a group of `agedReceivables`. Rounded to 6 decimals, half away from zero. */
export type AgedReceivableGroupAverages = {
  __typename?: 'AgedReceivableGroupAverages';
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How many bookings there were. */
  bookings?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type AgedReceivableGroupAveragesFilter = {
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: InputMaybe<DecimalFilter>;
  /** How many bookings there were. */
  bookings?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type AgedReceivableGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: AgedReceivableField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type AgedReceivableGroupExtremesFilter = {
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** The day of the bookings. */
  bookedOn?: InputMaybe<DateFilter>;
  /** How many bookings there were. */
  bookings?: InputMaybe<BigIntFilter>;
  /** The last day to pay. */
  dueOn?: InputMaybe<DateFilter>;
};

/** Which groups of rows of `agedReceivables`; all of it must hold. */
export type AgedReceivableGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<AgedReceivableGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<AgedReceivableGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<AgedReceivableGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<AgedReceivableGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<AgedReceivableGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<AgedReceivableGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<AgedReceivableGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type AgedReceivableGroupKey = {
  __typename?: 'AgedReceivableGroupKey';
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day of the bookings. */
  bookedOn?: Maybe<Scalars['Date']['output']>;
  /** The bucket that bookedOn falls into by its age. */
  bookedOnAge?: Maybe<AgeBucket>;
  /** How many bookings there were. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** The currency. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Who owes it. */
  customer?: Maybe<Customer>;
  /** Who owes it. */
  customerId?: Maybe<Scalars['ID']['output']>;
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
  /** The bucket that dueOn falls into by its age. */
  dueOnAge?: Maybe<AgeBucket>;
};

/** Worked out over the rows of a group of `agedReceivables`. */
export type AgedReceivableGroupMaxima = {
  __typename?: 'AgedReceivableGroupMaxima';
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day of the bookings. */
  bookedOn?: Maybe<Scalars['Date']['output']>;
  /** How many bookings there were. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
};

/** Worked out over the rows of a group of `agedReceivables`. */
export type AgedReceivableGroupMinima = {
  __typename?: 'AgedReceivableGroupMinima';
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day of the bookings. */
  bookedOn?: Maybe<Scalars['Date']['output']>;
  /** How many bookings there were. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
};

/** One term of an order of groups. */
export type AgedReceivableGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<AgedReceivableField>;
};

/** Worked out over the rows of a group of `agedReceivables`. */
export type AgedReceivableGroupSums = {
  __typename?: 'AgedReceivableGroupSums';
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How many bookings there were. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type AgedReceivableGroupSumsFilter = {
  /** How much more is owed because of them, less if below zero. */
  amountMinor?: InputMaybe<DecimalFilter>;
  /** How many bookings there were. */
  bookings?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `agedReceivables`. */
export type AgedReceivableGroups = {
  __typename?: 'AgedReceivableGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<AgedReceivableGroup>;
};

/** Versions of a row of `agedReceivables`, oldest first. */
export type AgedReceivableHistory = {
  __typename?: 'AgedReceivableHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<AgedReceivableVersion>;
};

/** What is asked of a list of `agedReceivables`; all of it must hold. */
export type AgedReceivableListFilter = {
  /** This holds of each of them, if any. */
  every?: InputMaybe<AgedReceivableFilter>;
  /** This holds of none of them. */
  none?: InputMaybe<AgedReceivableFilter>;
  /** This holds of one or more of them. */
  some?: InputMaybe<AgedReceivableFilter>;
};

/** One term of an order of `agedReceivables`. */
export type AgedReceivableOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: AgedReceivableField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** What one event made of a row of `agedReceivables`. */
export type AgedReceivableVersion = {
  __typename?: 'AgedReceivableVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<AgedReceivable>;
};

/**
 * What can be asked for or paid: more than nothing, at most 10¹⁵ of the
 * smallest unit, so that sums of them stay exact everywhere.
 */
export type Amount = {
  __typename?: 'Amount';
  /** ISO 4217 code. */
  currency: Scalars['String']['output'];
  /** Units of the currency's smallest denomination, at least 1. */
  minor: Scalars['BigInt']['output'];
};

/** What is asked of a nested `Amount`; all of it must hold. */
export type AmountFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<AmountFilter>>;
  /** ISO 4217 code. */
  currency?: InputMaybe<StringFilter>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Units of the currency's smallest denomination, at least 1. */
  minor?: InputMaybe<BigIntFilter>;
  /** This does not hold. */
  not?: InputMaybe<AmountFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<AmountFilter>>;
};

/** A discount on a whole invoice. */
export type AppliedDiscount = {
  __typename?: 'AppliedDiscount';
  /** How much. */
  discount: Discount;
  /** What it is let off for: a coupon, an agreement. */
  discountId: Scalars['String']['output'];
};

/** What is asked of a nested `AppliedDiscount`; all of it must hold. */
export type AppliedDiscountFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<AppliedDiscountFilter>>;
  /** How much. */
  discount?: InputMaybe<DiscountFilter>;
  /** What it is let off for: a coupon, an agreement. */
  discountId?: InputMaybe<StringFilter>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** This does not hold. */
  not?: InputMaybe<AppliedDiscountFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<AppliedDiscountFilter>>;
};

/** What is asked of a nested list; all of it must hold. */
export type AppliedDiscountListFilter = {
  /** This holds of each element, if any. */
  every?: InputMaybe<AppliedDiscountFilter>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** This holds of no element. */
  none?: InputMaybe<AppliedDiscountFilter>;
  /** This holds of one or more elements. */
  some?: InputMaybe<AppliedDiscountFilter>;
};

/** A moment in the past, by the time it was recorded or by its position in the log. The row is worked out anew from the events up to then. */
export type AsOf =
  /** After the event at this position. */
  { position: Scalars['BigInt']['input']; time?: never; }
  |  /** After everything that was recorded up to this time. */
  { position?: never; time: Scalars['DateTime']['input']; };

/** What is asked of a field of type BigInt; all of it must hold. */
export type BigIntFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['BigInt']['input']>;
  /** Is greater than this. */
  gt?: InputMaybe<Scalars['BigInt']['input']>;
  /** Is this or greater. */
  gte?: InputMaybe<Scalars['BigInt']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['BigInt']['input']>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is less than this. */
  lt?: InputMaybe<Scalars['BigInt']['input']>;
  /** Is this or less. */
  lte?: InputMaybe<Scalars['BigInt']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['BigInt']['input']>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<Scalars['BigInt']['input']>>;
};

/** What is asked of a field of type Boolean; all of it must hold. */
export type BooleanFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['Boolean']['input']>;
};

/** When the money of an authorized payment is drawn. */
export enum CaptureMode {
  /** All of it as soon as it is authorized. */
  Auto = 'AUTO',
  /** When it is asked for, in one part or several. */
  Manual = 'MANUAL'
}

/** What is asked of a field of type CaptureMode; all of it must hold. */
export type CaptureModeFilter = {
  /** Is this. */
  eq?: InputMaybe<CaptureMode>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<CaptureMode>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<CaptureMode>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<CaptureMode>>;
};

/** One customer: who is invoiced, where, and on which terms. */
export type Customer = {
  __typename?: 'Customer';
  /** The rows of `agedReceivables` that point here. */
  agedReceivables?: Maybe<AgedReceivableConnection>;
  /** When the customer was closed, if so. */
  closedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The currency of all of the customer's invoices. */
  currency: Scalars['String']['output'];
  /** Where invoices go. Personal: null once it is erased. */
  email?: Maybe<Scalars['String']['output']>;
  /** The customer. */
  id: Scalars['ID']['output'];
  /** The rows of `invoices` that point here. */
  invoices?: Maybe<InvoiceConnection>;
  /** The name that invoices are made out to. */
  name: Scalars['String']['output'];
  /** When the customer was opened. */
  openedAt: Scalars['DateTime']['output'];
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays: Scalars['BigInt']['output'];
  /** The rows of `receipts` that point here. */
  receipts?: Maybe<ReceiptConnection>;
  /** Whether the customer can be invoiced. */
  status: CustomerStatus;
  /** The rows of `wallets` that point here. */
  wallets?: Maybe<WalletConnection>;
};


/** One customer: who is invoiced, where, and on which terms. */
export type CustomerAgedReceivablesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AgedReceivableFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<AgedReceivableOrder>>;
};


/** One customer: who is invoiced, where, and on which terms. */
export type CustomerInvoicesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InvoiceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<InvoiceOrder>>;
};


/** One customer: who is invoiced, where, and on which terms. */
export type CustomerReceiptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ReceiptFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<ReceiptOrder>>;
};


/** One customer: who is invoiced, where, and on which terms. */
export type CustomerWalletsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WalletFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<WalletOrder>>;
};

/** What has changed in `customers` since the last time. */
export type CustomerChanges = {
  __typename?: 'CustomerChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<Customer>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `customers`. */
export type CustomerConnection = {
  __typename?: 'CustomerConnection';
  /** The rows, each with its cursor. */
  edges: Array<CustomerEdge>;
  /** The rows. */
  nodes: Array<Customer>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type CustomerEdge = {
  __typename?: 'CustomerEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Customer;
};

/** The fields by which `customers` can be put in order or grouped. */
export enum CustomerField {
  /** When the customer was closed, if so. */
  ClosedAt = 'CLOSED_AT',
  /** The currency of all of the customer's invoices. */
  Currency = 'CURRENCY',
  /** The customer. */
  Id = 'ID',
  /** The name that invoices are made out to. */
  Name = 'NAME',
  /** When the customer was opened. */
  OpenedAt = 'OPENED_AT',
  /** How many days after its issue an invoice falls due. */
  PaymentTermsDays = 'PAYMENT_TERMS_DAYS',
  /** Whether the customer can be invoiced. */
  Status = 'STATUS'
}

/** Which rows of `customers`; all of it must hold. */
export type CustomerFilter = {
  /** What is asked of the rows of `agedReceivables` that point to it. */
  agedReceivables?: InputMaybe<AgedReceivableListFilter>;
  /** All of these hold. */
  and?: InputMaybe<Array<CustomerFilter>>;
  /** When the customer was closed, if so. */
  closedAt?: InputMaybe<DateTimeFilter>;
  /** The currency of all of the customer's invoices. */
  currency?: InputMaybe<StringFilter>;
  /** Where invoices go. Personal: null once it is erased. */
  email?: InputMaybe<PersonalStringFilter>;
  /** The customer. */
  id?: InputMaybe<IdFilter>;
  /** What is asked of the rows of `invoices` that point to it. */
  invoices?: InputMaybe<InvoiceListFilter>;
  /** The name that invoices are made out to. Parts of three letters or more are found by an index. */
  name?: InputMaybe<StringFilter>;
  /** This does not hold. */
  not?: InputMaybe<CustomerFilter>;
  /** When the customer was opened. */
  openedAt?: InputMaybe<DateTimeFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<CustomerFilter>>;
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: InputMaybe<BigIntFilter>;
  /** What is asked of the rows of `receipts` that point to it. */
  receipts?: InputMaybe<ReceiptListFilter>;
  /** Whether the customer can be invoiced. */
  status?: InputMaybe<CustomerStatusFilter>;
  /** What is asked of the rows of `wallets` that point to it. */
  wallets?: InputMaybe<WalletListFilter>;
};

/** Some rows of `customers`, taken together. */
export type CustomerGroup = {
  __typename?: 'CustomerGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: CustomerGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: CustomerGroupKey;
  /** The greatest values of its rows. */
  max: CustomerGroupMaxima;
  /** The least values of its rows. */
  min: CustomerGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: CustomerGroupSums;
};

/** Worked out over the rows of a group of `customers`. Rounded to 6 decimals, half away from zero. */
export type CustomerGroupAverages = {
  __typename?: 'CustomerGroupAverages';
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type CustomerGroupAveragesFilter = {
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type CustomerGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: CustomerField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type CustomerGroupExtremesFilter = {
  /** When the customer was closed, if so. */
  closedAt?: InputMaybe<DateTimeFilter>;
  /** When the customer was opened. */
  openedAt?: InputMaybe<DateTimeFilter>;
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: InputMaybe<BigIntFilter>;
};

/** Which groups of rows of `customers`; all of it must hold. */
export type CustomerGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<CustomerGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<CustomerGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<CustomerGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<CustomerGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<CustomerGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<CustomerGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<CustomerGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type CustomerGroupKey = {
  __typename?: 'CustomerGroupKey';
  /** When the customer was closed, if so. */
  closedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that closedAt falls into by its age. */
  closedAtAge?: Maybe<AgeBucket>;
  /** The currency of all of the customer's invoices. */
  currency?: Maybe<Scalars['String']['output']>;
  /** The customer. */
  id?: Maybe<Scalars['ID']['output']>;
  /** The name that invoices are made out to. */
  name?: Maybe<Scalars['String']['output']>;
  /** When the customer was opened. */
  openedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that openedAt falls into by its age. */
  openedAtAge?: Maybe<AgeBucket>;
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: Maybe<Scalars['BigInt']['output']>;
  /** Whether the customer can be invoiced. */
  status?: Maybe<CustomerStatus>;
};

/** Worked out over the rows of a group of `customers`. */
export type CustomerGroupMaxima = {
  __typename?: 'CustomerGroupMaxima';
  /** When the customer was closed, if so. */
  closedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the customer was opened. */
  openedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `customers`. */
export type CustomerGroupMinima = {
  __typename?: 'CustomerGroupMinima';
  /** When the customer was closed, if so. */
  closedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When the customer was opened. */
  openedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: Maybe<Scalars['BigInt']['output']>;
};

/** One term of an order of groups. */
export type CustomerGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<CustomerField>;
};

/** Worked out over the rows of a group of `customers`. */
export type CustomerGroupSums = {
  __typename?: 'CustomerGroupSums';
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type CustomerGroupSumsFilter = {
  /** How many days after its issue an invoice falls due. */
  paymentTermsDays?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `customers`. */
export type CustomerGroups = {
  __typename?: 'CustomerGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<CustomerGroup>;
};

/** Versions of a row of `customers`, oldest first. */
export type CustomerHistory = {
  __typename?: 'CustomerHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<CustomerVersion>;
};

/** One term of an order of `customers`. */
export type CustomerOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: CustomerField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** Whether a customer can be invoiced. */
export enum CustomerStatus {
  /** No longer. */
  Closed = 'CLOSED',
  /** Yes. */
  Open = 'OPEN'
}

/** What is asked of a field of type CustomerStatus; all of it must hold. */
export type CustomerStatusFilter = {
  /** Is this. */
  eq?: InputMaybe<CustomerStatus>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<CustomerStatus>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<CustomerStatus>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<CustomerStatus>>;
};

/** What one event made of a row of `customers`. */
export type CustomerVersion = {
  __typename?: 'CustomerVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<Customer>;
};

/** What is asked of a field of type Date; all of it must hold. */
export type DateFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['Date']['input']>;
  /** Is greater than this. */
  gt?: InputMaybe<Scalars['Date']['input']>;
  /** Is this or greater. */
  gte?: InputMaybe<Scalars['Date']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['Date']['input']>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is less than this. */
  lt?: InputMaybe<Scalars['Date']['input']>;
  /** Is this or less. */
  lte?: InputMaybe<Scalars['Date']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['Date']['input']>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<Scalars['Date']['input']>>;
};

/** What is asked of a field of type DateTime; all of it must hold. */
export type DateTimeFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['DateTime']['input']>;
  /** Is greater than this. */
  gt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Is this or greater. */
  gte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['DateTime']['input']>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is less than this. */
  lt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Is this or less. */
  lte?: InputMaybe<Scalars['DateTime']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['DateTime']['input']>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<Scalars['DateTime']['input']>>;
};

/** What is asked of a field of type Decimal; all of it must hold. */
export type DecimalFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['Decimal']['input']>;
  /** Is greater than this. */
  gt?: InputMaybe<Scalars['Decimal']['input']>;
  /** Is this or greater. */
  gte?: InputMaybe<Scalars['Decimal']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['Decimal']['input']>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is less than this. */
  lt?: InputMaybe<Scalars['Decimal']['input']>;
  /** Is this or less. */
  lte?: InputMaybe<Scalars['Decimal']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['Decimal']['input']>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<Scalars['Decimal']['input']>>;
};

/** What is let off a whole invoice. */
export type Discount = {
  __typename?: 'Discount';
  /** An amount before tax. */
  amount?: Maybe<Amount>;
  /** A part of what the lines come to. */
  rate?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of a nested `Discount`; all of it must hold. */
export type DiscountFilter = {
  /** An amount before tax. */
  amount?: InputMaybe<AmountFilter>;
  /** All of these hold. */
  and?: InputMaybe<Array<DiscountFilter>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** This does not hold. */
  not?: InputMaybe<DiscountFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<DiscountFilter>>;
  /** A part of what the lines come to. */
  rate?: InputMaybe<BigIntFilter>;
};

/** What an event made of one field of a row. */
export type FieldChange = {
  __typename?: 'FieldChange';
  /** The person whose value it was has been erased since: nobody knows it any more. */
  erased: Scalars['Boolean']['output'];
  /** Which field. */
  field: Scalars['String']['output'];
  /** What it was before. */
  from?: Maybe<Scalars['JSON']['output']>;
  /** Personal, and not for the caller: `from` and `to` are null. Auditors and admins are told them. */
  hidden: Scalars['Boolean']['output'];
  /** What it was from then on. */
  to?: Maybe<Scalars['JSON']['output']>;
};

/** What groups are put in order by. */
export enum GroupAggregate {
  /** The mean of a field. */
  Avg = 'AVG',
  /** How many rows there are. */
  Count = 'COUNT',
  /** What the rows of a group share. */
  Key = 'KEY',
  /** The greatest value of a field. */
  Max = 'MAX',
  /** The least value of a field. */
  Min = 'MIN',
  /** The sum of a field. */
  Sum = 'SUM'
}

/** What is asked of a field of type ID; all of it must hold. */
export type IdFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['ID']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['ID']['input']>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** One invoice: what it comes to, how it was settled, and what is due. */
export type Invoice = {
  __typename?: 'Invoice';
  /** What was let off. */
  creditedMinor: Scalars['BigInt']['output'];
  /** The currency of every amount. */
  currency: Scalars['String']['output'];
  /** Who owes it. */
  customer?: Maybe<Customer>;
  /** Who owes it. */
  customerId: Scalars['ID']['output'];
  /** What is let off the whole. */
  discounts: Array<AppliedDiscount>;
  /** When it was drafted. */
  draftedAt: Scalars['DateTime']['output'];
  /** What is still to be paid. */
  dueMinor: Scalars['BigInt']['output'];
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
  /** The invoice. */
  id: Scalars['ID']['output'];
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
  /** The lines. The net of each is after all discounts once it is issued. */
  lines: Array<Line>;
  /** All lines before tax, after discounts. */
  netMinor: Scalars['BigInt']['output'];
  /** The number, as printed, once it is issued. */
  number?: Maybe<Scalars['String']['output']>;
  /** Whether the last day to pay has passed and something is due. */
  overdue: Scalars['Boolean']['output'];
  /** What payments brought too much. */
  overpaidMinor: Scalars['BigInt']['output'];
  /** What payments settle. */
  paidMinor: Scalars['BigInt']['output'];
  /** The day it was settled, if it is. */
  paidOn?: Maybe<Scalars['Date']['output']>;
  /** The rows of `payments` that point here. */
  payments?: Maybe<PaymentConnection>;
  /** The rows of `receipts` that point here. */
  receipts?: Maybe<ReceiptConnection>;
  /** How far it has come. */
  status: InvoiceStatus;
  /** All tax. */
  taxMinor: Scalars['BigInt']['output'];
  /** What it comes to. */
  totalMinor: Scalars['BigInt']['output'];
  /** What was given up. */
  writtenOffMinor: Scalars['BigInt']['output'];
};


/** One invoice: what it comes to, how it was settled, and what is due. */
export type InvoicePaymentsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<PaymentFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<PaymentOrder>>;
};


/** One invoice: what it comes to, how it was settled, and what is due. */
export type InvoiceReceiptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ReceiptFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<ReceiptOrder>>;
};

/** What has changed in `invoices` since the last time. */
export type InvoiceChanges = {
  __typename?: 'InvoiceChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<Invoice>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `invoices`. */
export type InvoiceConnection = {
  __typename?: 'InvoiceConnection';
  /** The rows, each with its cursor. */
  edges: Array<InvoiceEdge>;
  /** The rows. */
  nodes: Array<Invoice>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type InvoiceEdge = {
  __typename?: 'InvoiceEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Invoice;
};

/** The fields by which `invoices` can be put in order or grouped. */
export enum InvoiceField {
  /** What was let off. */
  CreditedMinor = 'CREDITED_MINOR',
  /** The currency of every amount. */
  Currency = 'CURRENCY',
  /** Who owes it. */
  CustomerId = 'CUSTOMER_ID',
  /** When it was drafted. */
  DraftedAt = 'DRAFTED_AT',
  /** What is still to be paid. */
  DueMinor = 'DUE_MINOR',
  /** The last day to pay. */
  DueOn = 'DUE_ON',
  /** The invoice. */
  Id = 'ID',
  /** The day of issue. */
  IssuedOn = 'ISSUED_ON',
  /** All lines before tax, after discounts. */
  NetMinor = 'NET_MINOR',
  /** The number, as printed, once it is issued. */
  Number = 'NUMBER',
  /** Whether the last day to pay has passed and something is due. */
  Overdue = 'OVERDUE',
  /** What payments brought too much. */
  OverpaidMinor = 'OVERPAID_MINOR',
  /** What payments settle. */
  PaidMinor = 'PAID_MINOR',
  /** The day it was settled, if it is. */
  PaidOn = 'PAID_ON',
  /** How far it has come. */
  Status = 'STATUS',
  /** All tax. */
  TaxMinor = 'TAX_MINOR',
  /** What it comes to. */
  TotalMinor = 'TOTAL_MINOR',
  /** What was given up. */
  WrittenOffMinor = 'WRITTEN_OFF_MINOR'
}

/** Which rows of `invoices`; all of it must hold. */
export type InvoiceFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<InvoiceFilter>>;
  /** What was let off. */
  creditedMinor?: InputMaybe<BigIntFilter>;
  /** The currency of every amount. */
  currency?: InputMaybe<StringFilter>;
  /** There is a `customer`, and this holds of it. */
  customer?: InputMaybe<CustomerFilter>;
  /** Who owes it. */
  customerId?: InputMaybe<IdFilter>;
  /** What is let off the whole. */
  discounts?: InputMaybe<AppliedDiscountListFilter>;
  /** When it was drafted. */
  draftedAt?: InputMaybe<DateTimeFilter>;
  /** What is still to be paid. */
  dueMinor?: InputMaybe<BigIntFilter>;
  /** The last day to pay. */
  dueOn?: InputMaybe<DateFilter>;
  /** The invoice. */
  id?: InputMaybe<IdFilter>;
  /** The day of issue. */
  issuedOn?: InputMaybe<DateFilter>;
  /** The lines. The net of each is after all discounts once it is issued. */
  lines?: InputMaybe<LineListFilter>;
  /** All lines before tax, after discounts. */
  netMinor?: InputMaybe<BigIntFilter>;
  /** This does not hold. */
  not?: InputMaybe<InvoiceFilter>;
  /** The number, as printed, once it is issued. */
  number?: InputMaybe<StringFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<InvoiceFilter>>;
  /** Whether the last day to pay has passed and something is due. */
  overdue?: InputMaybe<BooleanFilter>;
  /** What payments brought too much. */
  overpaidMinor?: InputMaybe<BigIntFilter>;
  /** What payments settle. */
  paidMinor?: InputMaybe<BigIntFilter>;
  /** The day it was settled, if it is. */
  paidOn?: InputMaybe<DateFilter>;
  /** What is asked of the rows of `payments` that point to it. */
  payments?: InputMaybe<PaymentListFilter>;
  /** What is asked of the rows of `receipts` that point to it. */
  receipts?: InputMaybe<ReceiptListFilter>;
  /** How far it has come. */
  status?: InputMaybe<InvoiceStatusFilter>;
  /** All tax. */
  taxMinor?: InputMaybe<BigIntFilter>;
  /** What it comes to. */
  totalMinor?: InputMaybe<BigIntFilter>;
  /** What was given up. */
  writtenOffMinor?: InputMaybe<BigIntFilter>;
};

/** Some rows of `invoices`, taken together. */
export type InvoiceGroup = {
  __typename?: 'InvoiceGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: InvoiceGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: InvoiceGroupKey;
  /** The greatest values of its rows. */
  max: InvoiceGroupMaxima;
  /** The least values of its rows. */
  min: InvoiceGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: InvoiceGroupSums;
};

/** Worked out over the rows of a group of `invoices`. Rounded to 6 decimals, half away from zero. */
export type InvoiceGroupAverages = {
  __typename?: 'InvoiceGroupAverages';
  /** What was let off. */
  creditedMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What is still to be paid. */
  dueMinor?: Maybe<Scalars['Decimal']['output']>;
  /** All lines before tax, after discounts. */
  netMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What payments brought too much. */
  overpaidMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What payments settle. */
  paidMinor?: Maybe<Scalars['Decimal']['output']>;
  /** All tax. */
  taxMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What it comes to. */
  totalMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What was given up. */
  writtenOffMinor?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type InvoiceGroupAveragesFilter = {
  /** What was let off. */
  creditedMinor?: InputMaybe<DecimalFilter>;
  /** What is still to be paid. */
  dueMinor?: InputMaybe<DecimalFilter>;
  /** All lines before tax, after discounts. */
  netMinor?: InputMaybe<DecimalFilter>;
  /** What payments brought too much. */
  overpaidMinor?: InputMaybe<DecimalFilter>;
  /** What payments settle. */
  paidMinor?: InputMaybe<DecimalFilter>;
  /** All tax. */
  taxMinor?: InputMaybe<DecimalFilter>;
  /** What it comes to. */
  totalMinor?: InputMaybe<DecimalFilter>;
  /** What was given up. */
  writtenOffMinor?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type InvoiceGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: InvoiceField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type InvoiceGroupExtremesFilter = {
  /** What was let off. */
  creditedMinor?: InputMaybe<BigIntFilter>;
  /** When it was drafted. */
  draftedAt?: InputMaybe<DateTimeFilter>;
  /** What is still to be paid. */
  dueMinor?: InputMaybe<BigIntFilter>;
  /** The last day to pay. */
  dueOn?: InputMaybe<DateFilter>;
  /** The day of issue. */
  issuedOn?: InputMaybe<DateFilter>;
  /** All lines before tax, after discounts. */
  netMinor?: InputMaybe<BigIntFilter>;
  /** What payments brought too much. */
  overpaidMinor?: InputMaybe<BigIntFilter>;
  /** What payments settle. */
  paidMinor?: InputMaybe<BigIntFilter>;
  /** The day it was settled, if it is. */
  paidOn?: InputMaybe<DateFilter>;
  /** All tax. */
  taxMinor?: InputMaybe<BigIntFilter>;
  /** What it comes to. */
  totalMinor?: InputMaybe<BigIntFilter>;
  /** What was given up. */
  writtenOffMinor?: InputMaybe<BigIntFilter>;
};

/** Which groups of rows of `invoices`; all of it must hold. */
export type InvoiceGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<InvoiceGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<InvoiceGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<InvoiceGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<InvoiceGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<InvoiceGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<InvoiceGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<InvoiceGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type InvoiceGroupKey = {
  __typename?: 'InvoiceGroupKey';
  /** What was let off. */
  creditedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The currency of every amount. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Who owes it. */
  customer?: Maybe<Customer>;
  /** Who owes it. */
  customerId?: Maybe<Scalars['ID']['output']>;
  /** When it was drafted. */
  draftedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that draftedAt falls into by its age. */
  draftedAtAge?: Maybe<AgeBucket>;
  /** What is still to be paid. */
  dueMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
  /** The bucket that dueOn falls into by its age. */
  dueOnAge?: Maybe<AgeBucket>;
  /** The invoice. */
  id?: Maybe<Scalars['ID']['output']>;
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
  /** The bucket that issuedOn falls into by its age. */
  issuedOnAge?: Maybe<AgeBucket>;
  /** All lines before tax, after discounts. */
  netMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The number, as printed, once it is issued. */
  number?: Maybe<Scalars['String']['output']>;
  /** Whether the last day to pay has passed and something is due. */
  overdue?: Maybe<Scalars['Boolean']['output']>;
  /** What payments brought too much. */
  overpaidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settle. */
  paidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day it was settled, if it is. */
  paidOn?: Maybe<Scalars['Date']['output']>;
  /** The bucket that paidOn falls into by its age. */
  paidOnAge?: Maybe<AgeBucket>;
  /** How far it has come. */
  status?: Maybe<InvoiceStatus>;
  /** All tax. */
  taxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What it comes to. */
  totalMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `invoices`. */
export type InvoiceGroupMaxima = {
  __typename?: 'InvoiceGroupMaxima';
  /** What was let off. */
  creditedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was drafted. */
  draftedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What is still to be paid. */
  dueMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
  /** All lines before tax, after discounts. */
  netMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments brought too much. */
  overpaidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settle. */
  paidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day it was settled, if it is. */
  paidOn?: Maybe<Scalars['Date']['output']>;
  /** All tax. */
  taxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What it comes to. */
  totalMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `invoices`. */
export type InvoiceGroupMinima = {
  __typename?: 'InvoiceGroupMinima';
  /** What was let off. */
  creditedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was drafted. */
  draftedAt?: Maybe<Scalars['DateTime']['output']>;
  /** What is still to be paid. */
  dueMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The last day to pay. */
  dueOn?: Maybe<Scalars['Date']['output']>;
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
  /** All lines before tax, after discounts. */
  netMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments brought too much. */
  overpaidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settle. */
  paidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day it was settled, if it is. */
  paidOn?: Maybe<Scalars['Date']['output']>;
  /** All tax. */
  taxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What it comes to. */
  totalMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** One term of an order of groups. */
export type InvoiceGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<InvoiceField>;
};

/** Worked out over the rows of a group of `invoices`. */
export type InvoiceGroupSums = {
  __typename?: 'InvoiceGroupSums';
  /** What was let off. */
  creditedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What is still to be paid. */
  dueMinor?: Maybe<Scalars['BigInt']['output']>;
  /** All lines before tax, after discounts. */
  netMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments brought too much. */
  overpaidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settle. */
  paidMinor?: Maybe<Scalars['BigInt']['output']>;
  /** All tax. */
  taxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What it comes to. */
  totalMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type InvoiceGroupSumsFilter = {
  /** What was let off. */
  creditedMinor?: InputMaybe<DecimalFilter>;
  /** What is still to be paid. */
  dueMinor?: InputMaybe<DecimalFilter>;
  /** All lines before tax, after discounts. */
  netMinor?: InputMaybe<DecimalFilter>;
  /** What payments brought too much. */
  overpaidMinor?: InputMaybe<DecimalFilter>;
  /** What payments settle. */
  paidMinor?: InputMaybe<DecimalFilter>;
  /** All tax. */
  taxMinor?: InputMaybe<DecimalFilter>;
  /** What it comes to. */
  totalMinor?: InputMaybe<DecimalFilter>;
  /** What was given up. */
  writtenOffMinor?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `invoices`. */
export type InvoiceGroups = {
  __typename?: 'InvoiceGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<InvoiceGroup>;
};

/** Versions of a row of `invoices`, oldest first. */
export type InvoiceHistory = {
  __typename?: 'InvoiceHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<InvoiceVersion>;
};

/** What is asked of a list of `invoices`; all of it must hold. */
export type InvoiceListFilter = {
  /** This holds of each of them, if any. */
  every?: InputMaybe<InvoiceFilter>;
  /** This holds of none of them. */
  none?: InputMaybe<InvoiceFilter>;
  /** This holds of one or more of them. */
  some?: InputMaybe<InvoiceFilter>;
};

/** One term of an order of `invoices`. */
export type InvoiceOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: InvoiceField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** How far an invoice has come. */
export enum InvoiceStatus {
  /** Being put together. */
  Draft = 'DRAFT',
  /** Owed in full. */
  Issued = 'ISSUED',
  /** Settled. */
  Paid = 'PAID',
  /** Settled in part. */
  PartiallyPaid = 'PARTIALLY_PAID',
  /** Declared void. */
  Void = 'VOID',
  /** What was due was given up. */
  WrittenOff = 'WRITTEN_OFF'
}

/** What is asked of a field of type InvoiceStatus; all of it must hold. */
export type InvoiceStatusFilter = {
  /** Is this. */
  eq?: InputMaybe<InvoiceStatus>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<InvoiceStatus>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<InvoiceStatus>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<InvoiceStatus>>;
};

/** What one event made of a row of `invoices`. */
export type InvoiceVersion = {
  __typename?: 'InvoiceVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<Invoice>;
};

/** A line of a draft. */
export type Line = {
  __typename?: 'Line';
  /** What is billed. */
  description: Scalars['String']['output'];
  /** The part of the price that is let off on this line. */
  discountRate: Scalars['BigInt']['output'];
  /** What the line is called within its invoice. */
  lineId: Scalars['String']['output'];
  /** Price times quantity less the line's own discount, before tax. */
  net: Money;
  /** How many. */
  quantity: Scalars['BigInt']['output'];
  /** The rate of tax. */
  taxRate: Scalars['BigInt']['output'];
  /** What one costs before tax. */
  unitPrice: Money;
};

/** What is asked of a nested `Line`; all of it must hold. */
export type LineFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<LineFilter>>;
  /** What is billed. */
  description?: InputMaybe<StringFilter>;
  /** The part of the price that is let off on this line. */
  discountRate?: InputMaybe<BigIntFilter>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** What the line is called within its invoice. */
  lineId?: InputMaybe<StringFilter>;
  /** Price times quantity less the line's own discount, before tax. */
  net?: InputMaybe<MoneyFilter>;
  /** This does not hold. */
  not?: InputMaybe<LineFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<LineFilter>>;
  /** How many. */
  quantity?: InputMaybe<BigIntFilter>;
  /** The rate of tax. */
  taxRate?: InputMaybe<BigIntFilter>;
  /** What one costs before tax. */
  unitPrice?: InputMaybe<MoneyFilter>;
};

/** What is asked of a nested list; all of it must hold. */
export type LineListFilter = {
  /** This holds of each element, if any. */
  every?: InputMaybe<LineFilter>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** This holds of no element. */
  none?: InputMaybe<LineFilter>;
  /** This holds of one or more elements. */
  some?: InputMaybe<LineFilter>;
};

/**
 * An amount in the smallest unit of its currency; negative is owed the other
 * way round.
 */
export type Money = {
  __typename?: 'Money';
  /** ISO 4217 code. */
  currency: Scalars['String']['output'];
  /** Units of the currency's smallest denomination: cents, or whole yen. */
  minor: Scalars['BigInt']['output'];
};

/** What is asked of a nested `Money`; all of it must hold. */
export type MoneyFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<MoneyFilter>>;
  /** ISO 4217 code. */
  currency?: InputMaybe<StringFilter>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Units of the currency's smallest denomination: cents, or whole yen. */
  minor?: InputMaybe<BigIntFilter>;
  /** This does not hold. */
  not?: InputMaybe<MoneyFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<MoneyFilter>>;
};

/** Where empty values stand in an order. */
export enum NullsOrder {
  /** Before all others. */
  First = 'FIRST',
  /** After all others. */
  Last = 'LAST'
}

/** Which way an order runs. */
export enum OrderDirection {
  /** From the least to the greatest. */
  Asc = 'ASC',
  /** From the greatest to the least. */
  Desc = 'DESC'
}

/** Where a page stands in its list. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** The cursor of the page's last row. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether rows follow the page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether rows precede the page; reading forward, whether it began at a cursor. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the page's first row. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** One payment: how much of it was authorized, captured and given back. */
export type Payment = {
  __typename?: 'Payment';
  /** How much is to be received. */
  amountMinor: Scalars['BigInt']['output'];
  /** How much a provider holds or held for us. */
  authorizedMinor: Scalars['BigInt']['output'];
  /** When the money is drawn. */
  capture: CaptureMode;
  /** How much of it is ours, captured in time. */
  capturedMinor: Scalars['BigInt']['output'];
  /** When it was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The currency of every amount. */
  currency: Scalars['String']['output'];
  /** Until when the authorization can be captured. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** What providers keep, as far as it is known. */
  feesMinor: Scalars['BigInt']['output'];
  /** The payment. */
  id: Scalars['ID']['output'];
  /** The invoice it is for, if it is for one. */
  invoice?: Maybe<Invoice>;
  /** The invoice it is for, if it is for one. */
  invoiceId?: Maybe<Scalars['ID']['output']>;
  /** Why the last thing that failed did. */
  lastFailure?: Maybe<Scalars['String']['output']>;
  /** How much came after it had been given up. */
  lateMinor: Scalars['BigInt']['output'];
  /** The provider's token of the payer's card or account. */
  methodRef: Scalars['String']['output'];
  /** The provider that was asked last. */
  provider?: Maybe<Scalars['String']['output']>;
  /** The rows of `receipts` that point here. */
  receipts?: Maybe<ReceiptConnection>;
  /** How much was given back. */
  refundedMinor: Scalars['BigInt']['output'];
  /** How far it has come. */
  status: PaymentStatus;
  /** The wallet it fills, if it fills one. */
  wallet?: Maybe<Wallet>;
  /** The wallet it fills, if it fills one. */
  walletId?: Maybe<Scalars['ID']['output']>;
};


/** One payment: how much of it was authorized, captured and given back. */
export type PaymentReceiptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ReceiptFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<ReceiptOrder>>;
};

/** What has changed in `payments` since the last time. */
export type PaymentChanges = {
  __typename?: 'PaymentChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<Payment>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `payments`. */
export type PaymentConnection = {
  __typename?: 'PaymentConnection';
  /** The rows, each with its cursor. */
  edges: Array<PaymentEdge>;
  /** The rows. */
  nodes: Array<Payment>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type PaymentEdge = {
  __typename?: 'PaymentEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Payment;
};

/** The fields by which `payments` can be put in order or grouped. */
export enum PaymentField {
  /** How much is to be received. */
  AmountMinor = 'AMOUNT_MINOR',
  /** How much a provider holds or held for us. */
  AuthorizedMinor = 'AUTHORIZED_MINOR',
  /** When the money is drawn. */
  Capture = 'CAPTURE',
  /** How much of it is ours, captured in time. */
  CapturedMinor = 'CAPTURED_MINOR',
  /** When it was created. */
  CreatedAt = 'CREATED_AT',
  /** The currency of every amount. */
  Currency = 'CURRENCY',
  /** Until when the authorization can be captured. */
  ExpiresAt = 'EXPIRES_AT',
  /** What providers keep, as far as it is known. */
  FeesMinor = 'FEES_MINOR',
  /** The payment. */
  Id = 'ID',
  /** The invoice it is for, if it is for one. */
  InvoiceId = 'INVOICE_ID',
  /** Why the last thing that failed did. */
  LastFailure = 'LAST_FAILURE',
  /** How much came after it had been given up. */
  LateMinor = 'LATE_MINOR',
  /** The provider's token of the payer's card or account. */
  MethodRef = 'METHOD_REF',
  /** The provider that was asked last. */
  Provider = 'PROVIDER',
  /** How much was given back. */
  RefundedMinor = 'REFUNDED_MINOR',
  /** How far it has come. */
  Status = 'STATUS',
  /** The wallet it fills, if it fills one. */
  WalletId = 'WALLET_ID'
}

/** Which rows of `payments`; all of it must hold. */
export type PaymentFilter = {
  /** How much is to be received. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** All of these hold. */
  and?: InputMaybe<Array<PaymentFilter>>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: InputMaybe<BigIntFilter>;
  /** When the money is drawn. */
  capture?: InputMaybe<CaptureModeFilter>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: InputMaybe<BigIntFilter>;
  /** When it was created. */
  createdAt?: InputMaybe<DateTimeFilter>;
  /** The currency of every amount. */
  currency?: InputMaybe<StringFilter>;
  /** Until when the authorization can be captured. */
  expiresAt?: InputMaybe<DateTimeFilter>;
  /** What providers keep, as far as it is known. */
  feesMinor?: InputMaybe<BigIntFilter>;
  /** The payment. */
  id?: InputMaybe<IdFilter>;
  /** There is a `invoice`, and this holds of it. */
  invoice?: InputMaybe<InvoiceFilter>;
  /** The invoice it is for, if it is for one. */
  invoiceId?: InputMaybe<IdFilter>;
  /** Why the last thing that failed did. */
  lastFailure?: InputMaybe<StringFilter>;
  /** How much came after it had been given up. */
  lateMinor?: InputMaybe<BigIntFilter>;
  /** The provider's token of the payer's card or account. */
  methodRef?: InputMaybe<StringFilter>;
  /** This does not hold. */
  not?: InputMaybe<PaymentFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<PaymentFilter>>;
  /** The provider that was asked last. */
  provider?: InputMaybe<StringFilter>;
  /** What is asked of the rows of `receipts` that point to it. */
  receipts?: InputMaybe<ReceiptListFilter>;
  /** How much was given back. */
  refundedMinor?: InputMaybe<BigIntFilter>;
  /** How far it has come. */
  status?: InputMaybe<PaymentStatusFilter>;
  /** There is a `wallet`, and this holds of it. */
  wallet?: InputMaybe<WalletFilter>;
  /** The wallet it fills, if it fills one. */
  walletId?: InputMaybe<IdFilter>;
};

/** Some rows of `payments`, taken together. */
export type PaymentGroup = {
  __typename?: 'PaymentGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: PaymentGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: PaymentGroupKey;
  /** The greatest values of its rows. */
  max: PaymentGroupMaxima;
  /** The least values of its rows. */
  min: PaymentGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: PaymentGroupSums;
};

/** Worked out over the rows of a group of `payments`. Rounded to 6 decimals, half away from zero. */
export type PaymentGroupAverages = {
  __typename?: 'PaymentGroupAverages';
  /** How much is to be received. */
  amountMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What providers keep, as far as it is known. */
  feesMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How much came after it had been given up. */
  lateMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How much was given back. */
  refundedMinor?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type PaymentGroupAveragesFilter = {
  /** How much is to be received. */
  amountMinor?: InputMaybe<DecimalFilter>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: InputMaybe<DecimalFilter>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: InputMaybe<DecimalFilter>;
  /** What providers keep, as far as it is known. */
  feesMinor?: InputMaybe<DecimalFilter>;
  /** How much came after it had been given up. */
  lateMinor?: InputMaybe<DecimalFilter>;
  /** How much was given back. */
  refundedMinor?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type PaymentGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: PaymentField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type PaymentGroupExtremesFilter = {
  /** How much is to be received. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: InputMaybe<BigIntFilter>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: InputMaybe<BigIntFilter>;
  /** When it was created. */
  createdAt?: InputMaybe<DateTimeFilter>;
  /** Until when the authorization can be captured. */
  expiresAt?: InputMaybe<DateTimeFilter>;
  /** What providers keep, as far as it is known. */
  feesMinor?: InputMaybe<BigIntFilter>;
  /** How much came after it had been given up. */
  lateMinor?: InputMaybe<BigIntFilter>;
  /** How much was given back. */
  refundedMinor?: InputMaybe<BigIntFilter>;
};

/** Which groups of rows of `payments`; all of it must hold. */
export type PaymentGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<PaymentGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<PaymentGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<PaymentGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<PaymentGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<PaymentGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<PaymentGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<PaymentGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type PaymentGroupKey = {
  __typename?: 'PaymentGroupKey';
  /** How much is to be received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When the money is drawn. */
  capture?: Maybe<CaptureMode>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was created. */
  createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that createdAt falls into by its age. */
  createdAtAge?: Maybe<AgeBucket>;
  /** The currency of every amount. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Until when the authorization can be captured. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that expiresAt falls into by its age. */
  expiresAtAge?: Maybe<AgeBucket>;
  /** What providers keep, as far as it is known. */
  feesMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The payment. */
  id?: Maybe<Scalars['ID']['output']>;
  /** The invoice it is for, if it is for one. */
  invoice?: Maybe<Invoice>;
  /** The invoice it is for, if it is for one. */
  invoiceId?: Maybe<Scalars['ID']['output']>;
  /** Why the last thing that failed did. */
  lastFailure?: Maybe<Scalars['String']['output']>;
  /** How much came after it had been given up. */
  lateMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The provider's token of the payer's card or account. */
  methodRef?: Maybe<Scalars['String']['output']>;
  /** The provider that was asked last. */
  provider?: Maybe<Scalars['String']['output']>;
  /** How much was given back. */
  refundedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How far it has come. */
  status?: Maybe<PaymentStatus>;
  /** The wallet it fills, if it fills one. */
  wallet?: Maybe<Wallet>;
  /** The wallet it fills, if it fills one. */
  walletId?: Maybe<Scalars['ID']['output']>;
};

/** Worked out over the rows of a group of `payments`. */
export type PaymentGroupMaxima = {
  __typename?: 'PaymentGroupMaxima';
  /** How much is to be received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was created. */
  createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** Until when the authorization can be captured. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** What providers keep, as far as it is known. */
  feesMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much came after it had been given up. */
  lateMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much was given back. */
  refundedMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `payments`. */
export type PaymentGroupMinima = {
  __typename?: 'PaymentGroupMinima';
  /** How much is to be received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was created. */
  createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** Until when the authorization can be captured. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** What providers keep, as far as it is known. */
  feesMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much came after it had been given up. */
  lateMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much was given back. */
  refundedMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** One term of an order of groups. */
export type PaymentGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<PaymentField>;
};

/** Worked out over the rows of a group of `payments`. */
export type PaymentGroupSums = {
  __typename?: 'PaymentGroupSums';
  /** How much is to be received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What providers keep, as far as it is known. */
  feesMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much came after it had been given up. */
  lateMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How much was given back. */
  refundedMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type PaymentGroupSumsFilter = {
  /** How much is to be received. */
  amountMinor?: InputMaybe<DecimalFilter>;
  /** How much a provider holds or held for us. */
  authorizedMinor?: InputMaybe<DecimalFilter>;
  /** How much of it is ours, captured in time. */
  capturedMinor?: InputMaybe<DecimalFilter>;
  /** What providers keep, as far as it is known. */
  feesMinor?: InputMaybe<DecimalFilter>;
  /** How much came after it had been given up. */
  lateMinor?: InputMaybe<DecimalFilter>;
  /** How much was given back. */
  refundedMinor?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `payments`. */
export type PaymentGroups = {
  __typename?: 'PaymentGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<PaymentGroup>;
};

/** Versions of a row of `payments`, oldest first. */
export type PaymentHistory = {
  __typename?: 'PaymentHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<PaymentVersion>;
};

/** What is asked of a list of `payments`; all of it must hold. */
export type PaymentListFilter = {
  /** This holds of each of them, if any. */
  every?: InputMaybe<PaymentFilter>;
  /** This holds of none of them. */
  none?: InputMaybe<PaymentFilter>;
  /** This holds of one or more of them. */
  some?: InputMaybe<PaymentFilter>;
};

/** One term of an order of `payments`. */
export type PaymentOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: PaymentField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** How far a payment has come. */
export enum PaymentStatus {
  /** The payer has something to do. */
  ActionRequired = 'ACTION_REQUIRED',
  /** A provider holds the money. */
  Authorized = 'AUTHORIZED',
  /** All the money that was wanted is ours. */
  Captured = 'CAPTURED',
  /** The provider holds another amount; people must look at it. */
  Conflicted = 'CONFLICTED',
  /** Nobody has been asked yet. */
  Created = 'CREATED',
  /** The last attempt was declined; another may follow. */
  Declined = 'DECLINED',
  /** The authorization ended. */
  Expired = 'EXPIRED',
  /** A part of the money is ours. */
  PartiallyCaptured = 'PARTIALLY_CAPTURED',
  /** A provider is being asked. */
  Processing = 'PROCESSING',
  /** Nobody knows what the provider decided. */
  Unknown = 'UNKNOWN',
  /** Given up before anything was captured. */
  Voided = 'VOIDED'
}

/** What is asked of a field of type PaymentStatus; all of it must hold. */
export type PaymentStatusFilter = {
  /** Is this. */
  eq?: InputMaybe<PaymentStatus>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<PaymentStatus>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<PaymentStatus>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<PaymentStatus>>;
};

/** What one event made of a row of `payments`. */
export type PaymentVersion = {
  __typename?: 'PaymentVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<Payment>;
};

/** A period of the calendar. Weeks begin on Mondays. */
export enum Period {
  /** A day. It has 23 or 25 hours where clocks change. */
  Day = 'DAY',
  /** An hour. Where clocks go back, there are two of one name. */
  Hour = 'HOUR',
  /** A month. */
  Month = 'MONTH',
  /** Three months, from January, April, July or October on. */
  Quarter = 'QUARTER',
  /** A week, from Monday to Sunday. */
  Week = 'WEEK',
  /** A year. */
  Year = 'YEAR'
}

/** What is asked of a personal field; all of it must hold. Such a value is kept sealed: it can be compared for being the same, in upper or lower case and without regard to space around it, but rows cannot be searched for parts of it, put in order or grouped by it. */
export type PersonalStringFilter = {
  /** Is this. */
  eq?: InputMaybe<Scalars['String']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Is erased or empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an erased or empty field is not. */
  ne?: InputMaybe<Scalars['String']['input']>;
  /** Is none of these; an erased or empty field is none. */
  notIn?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** A read model, and how far it follows the tenant's log. */
export type Projection = {
  __typename?: 'Projection';
  /** Its table, while that is being filled from the first event on. */
  build?: Maybe<ProjectionBuild>;
  /** Events of the log that are not in it yet. */
  eventsBehind: Scalars['BigInt']['output'];
  /** The position of the last event in what queries read. */
  position: Scalars['BigInt']['output'];
  /** Its name. */
  readModel: Scalars['String']['output'];
  /** How long the first of these events has been waiting. */
  secondsBehind: Scalars['Float']['output'];
  /** What there is of that version. */
  state: ProjectionState;
  /** The version that this service reads. */
  version: Scalars['Int']['output'];
};

/** A table that is being filled from the first event on. */
export type ProjectionBuild = {
  __typename?: 'ProjectionBuild';
  /** Whether the rows of this tenant are in it. */
  loaded: Scalars['Boolean']['output'];
  /** Whether it waits until an operator lets it go on. */
  paused: Scalars['Boolean']['output'];
  /** What is being done. */
  phase: Scalars['String']['output'];
};

/** What there is of a version of a read model. */
export enum ProjectionState {
  /** Its own table; queries read that of an earlier version. */
  Aside = 'ASIDE',
  /** Its own table, which is what queries read. */
  Live = 'LIVE',
  /** No table yet; queries read that of an earlier version. */
  Unbuilt = 'UNBUILT'
}

/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type Query = {
  __typename?: 'Query';
  /** By how much one day's bookings changed what a customer owes of one due date. Null when there is none. */
  agedReceivable?: Maybe<AgedReceivable>;
  /** Counts and sums over groups of `agedReceivables`. */
  agedReceivableGroups?: Maybe<AgedReceivableGroups>;
  /** What became of a row of `agedReceivables`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  agedReceivableHistory?: Maybe<AgedReceivableHistory>;
  /** A page of `agedReceivables`. */
  agedReceivables?: Maybe<AgedReceivableConnection>;
  /** One customer: who is invoiced, where, and on which terms. Null when there is none. */
  customer?: Maybe<Customer>;
  /** Counts and sums over groups of `customers`. */
  customerGroups?: Maybe<CustomerGroups>;
  /** What became of a row of `customers`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  customerHistory?: Maybe<CustomerHistory>;
  /** A page of `customers`. */
  customers?: Maybe<CustomerConnection>;
  /** A page of `dailyRevenue`. */
  dailyRevenue?: Maybe<RevenueDayConnection>;
  /** One invoice: what it comes to, how it was settled, and what is due. Null when there is none. */
  invoice?: Maybe<Invoice>;
  /** Counts and sums over groups of `invoices`. */
  invoiceGroups?: Maybe<InvoiceGroups>;
  /** What became of a row of `invoices`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  invoiceHistory?: Maybe<InvoiceHistory>;
  /** A page of `invoices`. */
  invoices?: Maybe<InvoiceConnection>;
  /** One payment: how much of it was authorized, captured and given back. Null when there is none. */
  payment?: Maybe<Payment>;
  /** Counts and sums over groups of `payments`. */
  paymentGroups?: Maybe<PaymentGroups>;
  /** What became of a row of `payments`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  paymentHistory?: Maybe<PaymentHistory>;
  /** A page of `payments`. */
  payments?: Maybe<PaymentConnection>;
  /** How far the read models are: what queries can see already. */
  projections?: Maybe<Array<Projection>>;
  /** One receipt: what was received from whom for which invoice. Null when there is none. */
  receipt?: Maybe<Receipt>;
  /** Counts and sums over groups of `receipts`. */
  receiptGroups?: Maybe<ReceiptGroups>;
  /** What became of a row of `receipts`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  receiptHistory?: Maybe<ReceiptHistory>;
  /** A page of `receipts`. */
  receipts?: Maybe<ReceiptConnection>;
  /** One day in one currency. What is let off later counts on its own day. Null when there is none. */
  revenueDay?: Maybe<RevenueDay>;
  /** Counts and sums over groups of `dailyRevenue`. */
  revenueDayGroups?: Maybe<RevenueDayGroups>;
  /** What became of a row of `dailyRevenue`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  revenueDayHistory?: Maybe<RevenueDayHistory>;
  /** One wallet: what is posted, what of it is held, what can be spent. Null when there is none. */
  wallet?: Maybe<Wallet>;
  /** One booking: what moved, and the balance it left. Null when there is none. */
  walletEntry?: Maybe<WalletEntry>;
  /** Counts and sums over groups of `walletStatement`. */
  walletEntryGroups?: Maybe<WalletEntryGroups>;
  /** What became of a row of `walletStatement`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  walletEntryHistory?: Maybe<WalletEntryHistory>;
  /** Counts and sums over groups of `wallets`. */
  walletGroups?: Maybe<WalletGroups>;
  /** What became of a row of `wallets`: each event that changed it, when, by whom, and which fields it changed. Null when there never was one. Read from the log, so it is never behind. */
  walletHistory?: Maybe<WalletHistory>;
  /** A page of `walletStatement`. */
  walletStatement?: Maybe<WalletEntryConnection>;
  /** A page of `wallets`. */
  wallets?: Maybe<WalletConnection>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryAgedReceivableArgs = {
  asOf?: InputMaybe<AsOf>;
  bookedOn: Scalars['Date']['input'];
  currency: Scalars['String']['input'];
  customerId: Scalars['ID']['input'];
  dueOn: Scalars['Date']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryAgedReceivableGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<AgedReceivableGroupBy>>;
  filter?: InputMaybe<AgedReceivableFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<AgedReceivableGroupFilter>;
  orderBy?: InputMaybe<Array<AgedReceivableGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryAgedReceivableHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  bookedOn: Scalars['Date']['input'];
  currency: Scalars['String']['input'];
  customerId: Scalars['ID']['input'];
  dueOn: Scalars['Date']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryAgedReceivablesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AgedReceivableFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<AgedReceivableOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryCustomerArgs = {
  asOf?: InputMaybe<AsOf>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryCustomerGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<CustomerGroupBy>>;
  filter?: InputMaybe<CustomerFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<CustomerGroupFilter>;
  orderBy?: InputMaybe<Array<CustomerGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryCustomerHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryCustomersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<CustomerFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<CustomerOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryDailyRevenueArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RevenueDayFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<RevenueDayOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryInvoiceArgs = {
  asOf?: InputMaybe<AsOf>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryInvoiceGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<InvoiceGroupBy>>;
  filter?: InputMaybe<InvoiceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<InvoiceGroupFilter>;
  orderBy?: InputMaybe<Array<InvoiceGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryInvoiceHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryInvoicesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InvoiceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<InvoiceOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryPaymentArgs = {
  asOf?: InputMaybe<AsOf>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryPaymentGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<PaymentGroupBy>>;
  filter?: InputMaybe<PaymentFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<PaymentGroupFilter>;
  orderBy?: InputMaybe<Array<PaymentGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryPaymentHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryPaymentsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<PaymentFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<PaymentOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryReceiptArgs = {
  asOf?: InputMaybe<AsOf>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryReceiptGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<ReceiptGroupBy>>;
  filter?: InputMaybe<ReceiptFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<ReceiptGroupFilter>;
  orderBy?: InputMaybe<Array<ReceiptGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryReceiptHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryReceiptsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<ReceiptFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<ReceiptOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryRevenueDayArgs = {
  asOf?: InputMaybe<AsOf>;
  currency: Scalars['String']['input'];
  day: Scalars['Date']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryRevenueDayGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<RevenueDayGroupBy>>;
  filter?: InputMaybe<RevenueDayFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<RevenueDayGroupFilter>;
  orderBy?: InputMaybe<Array<RevenueDayGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryRevenueDayHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  currency: Scalars['String']['input'];
  day: Scalars['Date']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletArgs = {
  asOf?: InputMaybe<AsOf>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletEntryArgs = {
  asOf?: InputMaybe<AsOf>;
  entry: Scalars['BigInt']['input'];
  walletId: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletEntryGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<WalletEntryGroupBy>>;
  filter?: InputMaybe<WalletEntryFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<WalletEntryGroupFilter>;
  orderBy?: InputMaybe<Array<WalletEntryGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletEntryHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  entry: Scalars['BigInt']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  walletId: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletGroupsArgs = {
  asOf?: InputMaybe<AsOf>;
  by?: InputMaybe<Array<WalletGroupBy>>;
  filter?: InputMaybe<WalletFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<WalletGroupFilter>;
  orderBy?: InputMaybe<Array<WalletGroupOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletHistoryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletStatementArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WalletEntryFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<WalletEntryOrder>>;
};


/** What can be read, each tenant's own. Every answer is one moment of the tenant's log; `extensions.consistency` says which. */
export type QueryWalletsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  asOf?: InputMaybe<AsOf>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WalletFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<WalletOrder>>;
};

/** One receipt: what was received from whom for which invoice. */
export type Receipt = {
  __typename?: 'Receipt';
  /** All that was received. */
  amountMinor: Scalars['BigInt']['output'];
  /** Which capture of it. */
  captureId: Scalars['String']['output'];
  /** The currency. */
  currency: Scalars['String']['output'];
  /** Who owed it. */
  customer?: Maybe<Customer>;
  /** Who owed it. */
  customerId: Scalars['ID']['output'];
  /** The receipt. */
  id: Scalars['ID']['output'];
  /** For which invoice. */
  invoice?: Maybe<Invoice>;
  /** For which invoice. */
  invoiceId: Scalars['ID']['output'];
  /** The invoice's number, as printed. */
  invoiceNumber: Scalars['String']['output'];
  /** The day of issue. */
  issuedOn: Scalars['Date']['output'];
  /** The number, as printed. */
  number: Scalars['String']['output'];
  /** Of which payment. */
  payment?: Maybe<Payment>;
  /** Of which payment. */
  paymentId: Scalars['ID']['output'];
};

/** What has changed in `receipts` since the last time. */
export type ReceiptChanges = {
  __typename?: 'ReceiptChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<Receipt>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `receipts`. */
export type ReceiptConnection = {
  __typename?: 'ReceiptConnection';
  /** The rows, each with its cursor. */
  edges: Array<ReceiptEdge>;
  /** The rows. */
  nodes: Array<Receipt>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type ReceiptEdge = {
  __typename?: 'ReceiptEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Receipt;
};

/** The fields by which `receipts` can be put in order or grouped. */
export enum ReceiptField {
  /** All that was received. */
  AmountMinor = 'AMOUNT_MINOR',
  /** Which capture of it. */
  CaptureId = 'CAPTURE_ID',
  /** The currency. */
  Currency = 'CURRENCY',
  /** Who owed it. */
  CustomerId = 'CUSTOMER_ID',
  /** The receipt. */
  Id = 'ID',
  /** For which invoice. */
  InvoiceId = 'INVOICE_ID',
  /** The invoice's number, as printed. */
  InvoiceNumber = 'INVOICE_NUMBER',
  /** The day of issue. */
  IssuedOn = 'ISSUED_ON',
  /** The number, as printed. */
  Number = 'NUMBER',
  /** Of which payment. */
  PaymentId = 'PAYMENT_ID'
}

/** Which rows of `receipts`; all of it must hold. */
export type ReceiptFilter = {
  /** All that was received. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** All of these hold. */
  and?: InputMaybe<Array<ReceiptFilter>>;
  /** Which capture of it. */
  captureId?: InputMaybe<StringFilter>;
  /** The currency. */
  currency?: InputMaybe<StringFilter>;
  /** There is a `customer`, and this holds of it. */
  customer?: InputMaybe<CustomerFilter>;
  /** Who owed it. */
  customerId?: InputMaybe<IdFilter>;
  /** The receipt. */
  id?: InputMaybe<IdFilter>;
  /** There is a `invoice`, and this holds of it. */
  invoice?: InputMaybe<InvoiceFilter>;
  /** For which invoice. */
  invoiceId?: InputMaybe<IdFilter>;
  /** The invoice's number, as printed. */
  invoiceNumber?: InputMaybe<StringFilter>;
  /** The day of issue. */
  issuedOn?: InputMaybe<DateFilter>;
  /** This does not hold. */
  not?: InputMaybe<ReceiptFilter>;
  /** The number, as printed. */
  number?: InputMaybe<StringFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<ReceiptFilter>>;
  /** There is a `payment`, and this holds of it. */
  payment?: InputMaybe<PaymentFilter>;
  /** Of which payment. */
  paymentId?: InputMaybe<IdFilter>;
};

/** Some rows of `receipts`, taken together. */
export type ReceiptGroup = {
  __typename?: 'ReceiptGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: ReceiptGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: ReceiptGroupKey;
  /** The greatest values of its rows. */
  max: ReceiptGroupMaxima;
  /** The least values of its rows. */
  min: ReceiptGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: ReceiptGroupSums;
};

/** Worked out over the rows of a group of `receipts`. Rounded to 6 decimals, half away from zero. */
export type ReceiptGroupAverages = {
  __typename?: 'ReceiptGroupAverages';
  /** All that was received. */
  amountMinor?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type ReceiptGroupAveragesFilter = {
  /** All that was received. */
  amountMinor?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type ReceiptGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: ReceiptField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type ReceiptGroupExtremesFilter = {
  /** All that was received. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** The day of issue. */
  issuedOn?: InputMaybe<DateFilter>;
};

/** Which groups of rows of `receipts`; all of it must hold. */
export type ReceiptGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<ReceiptGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<ReceiptGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<ReceiptGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<ReceiptGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<ReceiptGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<ReceiptGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<ReceiptGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type ReceiptGroupKey = {
  __typename?: 'ReceiptGroupKey';
  /** All that was received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** Which capture of it. */
  captureId?: Maybe<Scalars['String']['output']>;
  /** The currency. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Who owed it. */
  customer?: Maybe<Customer>;
  /** Who owed it. */
  customerId?: Maybe<Scalars['ID']['output']>;
  /** The receipt. */
  id?: Maybe<Scalars['ID']['output']>;
  /** For which invoice. */
  invoice?: Maybe<Invoice>;
  /** For which invoice. */
  invoiceId?: Maybe<Scalars['ID']['output']>;
  /** The invoice's number, as printed. */
  invoiceNumber?: Maybe<Scalars['String']['output']>;
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
  /** The bucket that issuedOn falls into by its age. */
  issuedOnAge?: Maybe<AgeBucket>;
  /** The number, as printed. */
  number?: Maybe<Scalars['String']['output']>;
  /** Of which payment. */
  payment?: Maybe<Payment>;
  /** Of which payment. */
  paymentId?: Maybe<Scalars['ID']['output']>;
};

/** Worked out over the rows of a group of `receipts`. */
export type ReceiptGroupMaxima = {
  __typename?: 'ReceiptGroupMaxima';
  /** All that was received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
};

/** Worked out over the rows of a group of `receipts`. */
export type ReceiptGroupMinima = {
  __typename?: 'ReceiptGroupMinima';
  /** All that was received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day of issue. */
  issuedOn?: Maybe<Scalars['Date']['output']>;
};

/** One term of an order of groups. */
export type ReceiptGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<ReceiptField>;
};

/** Worked out over the rows of a group of `receipts`. */
export type ReceiptGroupSums = {
  __typename?: 'ReceiptGroupSums';
  /** All that was received. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type ReceiptGroupSumsFilter = {
  /** All that was received. */
  amountMinor?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `receipts`. */
export type ReceiptGroups = {
  __typename?: 'ReceiptGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<ReceiptGroup>;
};

/** Versions of a row of `receipts`, oldest first. */
export type ReceiptHistory = {
  __typename?: 'ReceiptHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<ReceiptVersion>;
};

/** What is asked of a list of `receipts`; all of it must hold. */
export type ReceiptListFilter = {
  /** This holds of each of them, if any. */
  every?: InputMaybe<ReceiptFilter>;
  /** This holds of none of them. */
  none?: InputMaybe<ReceiptFilter>;
  /** This holds of one or more of them. */
  some?: InputMaybe<ReceiptFilter>;
};

/** One term of an order of `receipts`. */
export type ReceiptOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: ReceiptField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** What one event made of a row of `receipts`. */
export type ReceiptVersion = {
  __typename?: 'ReceiptVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<Receipt>;
};

/** One day in one currency. What is let off later counts on its own day. */
export type RevenueDay = {
  __typename?: 'RevenueDay';
  /** What they came to before tax. */
  billedNetMinor: Scalars['BigInt']['output'];
  /** The tax on them. */
  billedTaxMinor: Scalars['BigInt']['output'];
  /** What payments settled, less what left again. */
  collectedMinor: Scalars['BigInt']['output'];
  /** What was credited before tax. */
  creditedNetMinor: Scalars['BigInt']['output'];
  /** The tax on it. */
  creditedTaxMinor: Scalars['BigInt']['output'];
  /** The currency of every amount. */
  currency: Scalars['String']['output'];
  /** The day. */
  day: Scalars['Date']['output'];
  /** Made of the key, for clients to cache the row by. */
  id: Scalars['ID']['output'];
  /** How many invoices were issued. */
  invoicesIssued: Scalars['BigInt']['output'];
  /** How many invoices were declared void. */
  invoicesVoided: Scalars['BigInt']['output'];
  /** What those had come to before tax. */
  voidedNetMinor: Scalars['BigInt']['output'];
  /** The tax on those. */
  voidedTaxMinor: Scalars['BigInt']['output'];
  /** What was given up, with tax. */
  writtenOffMinor: Scalars['BigInt']['output'];
};

/** What has changed in `dailyRevenue` since the last time. */
export type RevenueDayChanges = {
  __typename?: 'RevenueDayChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<RevenueDay>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `dailyRevenue`. */
export type RevenueDayConnection = {
  __typename?: 'RevenueDayConnection';
  /** The rows, each with its cursor. */
  edges: Array<RevenueDayEdge>;
  /** The rows. */
  nodes: Array<RevenueDay>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type RevenueDayEdge = {
  __typename?: 'RevenueDayEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: RevenueDay;
};

/** The fields by which `dailyRevenue` can be put in order or grouped. */
export enum RevenueDayField {
  /** What they came to before tax. */
  BilledNetMinor = 'BILLED_NET_MINOR',
  /** The tax on them. */
  BilledTaxMinor = 'BILLED_TAX_MINOR',
  /** What payments settled, less what left again. */
  CollectedMinor = 'COLLECTED_MINOR',
  /** What was credited before tax. */
  CreditedNetMinor = 'CREDITED_NET_MINOR',
  /** The tax on it. */
  CreditedTaxMinor = 'CREDITED_TAX_MINOR',
  /** The currency of every amount. */
  Currency = 'CURRENCY',
  /** The day. */
  Day = 'DAY',
  /** How many invoices were issued. */
  InvoicesIssued = 'INVOICES_ISSUED',
  /** How many invoices were declared void. */
  InvoicesVoided = 'INVOICES_VOIDED',
  /** What those had come to before tax. */
  VoidedNetMinor = 'VOIDED_NET_MINOR',
  /** The tax on those. */
  VoidedTaxMinor = 'VOIDED_TAX_MINOR',
  /** What was given up, with tax. */
  WrittenOffMinor = 'WRITTEN_OFF_MINOR'
}

/** Which rows of `dailyRevenue`; all of it must hold. */
export type RevenueDayFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<RevenueDayFilter>>;
  /** What they came to before tax. */
  billedNetMinor?: InputMaybe<BigIntFilter>;
  /** The tax on them. */
  billedTaxMinor?: InputMaybe<BigIntFilter>;
  /** What payments settled, less what left again. */
  collectedMinor?: InputMaybe<BigIntFilter>;
  /** What was credited before tax. */
  creditedNetMinor?: InputMaybe<BigIntFilter>;
  /** The tax on it. */
  creditedTaxMinor?: InputMaybe<BigIntFilter>;
  /** The currency of every amount. */
  currency?: InputMaybe<StringFilter>;
  /** The day. */
  day?: InputMaybe<DateFilter>;
  /** How many invoices were issued. */
  invoicesIssued?: InputMaybe<BigIntFilter>;
  /** How many invoices were declared void. */
  invoicesVoided?: InputMaybe<BigIntFilter>;
  /** This does not hold. */
  not?: InputMaybe<RevenueDayFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<RevenueDayFilter>>;
  /** What those had come to before tax. */
  voidedNetMinor?: InputMaybe<BigIntFilter>;
  /** The tax on those. */
  voidedTaxMinor?: InputMaybe<BigIntFilter>;
  /** What was given up, with tax. */
  writtenOffMinor?: InputMaybe<BigIntFilter>;
};

/** Some rows of `dailyRevenue`, taken together. */
export type RevenueDayGroup = {
  __typename?: 'RevenueDayGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: RevenueDayGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: RevenueDayGroupKey;
  /** The greatest values of its rows. */
  max: RevenueDayGroupMaxima;
  /** The least values of its rows. */
  min: RevenueDayGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: RevenueDayGroupSums;
};

/** Worked out over the rows of a group of `dailyRevenue`. Rounded to 6 decimals, half away from zero. */
export type RevenueDayGroupAverages = {
  __typename?: 'RevenueDayGroupAverages';
  /** What they came to before tax. */
  billedNetMinor?: Maybe<Scalars['Decimal']['output']>;
  /** The tax on them. */
  billedTaxMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What payments settled, less what left again. */
  collectedMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What was credited before tax. */
  creditedNetMinor?: Maybe<Scalars['Decimal']['output']>;
  /** The tax on it. */
  creditedTaxMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How many invoices were issued. */
  invoicesIssued?: Maybe<Scalars['Decimal']['output']>;
  /** How many invoices were declared void. */
  invoicesVoided?: Maybe<Scalars['Decimal']['output']>;
  /** What those had come to before tax. */
  voidedNetMinor?: Maybe<Scalars['Decimal']['output']>;
  /** The tax on those. */
  voidedTaxMinor?: Maybe<Scalars['Decimal']['output']>;
  /** What was given up, with tax. */
  writtenOffMinor?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type RevenueDayGroupAveragesFilter = {
  /** What they came to before tax. */
  billedNetMinor?: InputMaybe<DecimalFilter>;
  /** The tax on them. */
  billedTaxMinor?: InputMaybe<DecimalFilter>;
  /** What payments settled, less what left again. */
  collectedMinor?: InputMaybe<DecimalFilter>;
  /** What was credited before tax. */
  creditedNetMinor?: InputMaybe<DecimalFilter>;
  /** The tax on it. */
  creditedTaxMinor?: InputMaybe<DecimalFilter>;
  /** How many invoices were issued. */
  invoicesIssued?: InputMaybe<DecimalFilter>;
  /** How many invoices were declared void. */
  invoicesVoided?: InputMaybe<DecimalFilter>;
  /** What those had come to before tax. */
  voidedNetMinor?: InputMaybe<DecimalFilter>;
  /** The tax on those. */
  voidedTaxMinor?: InputMaybe<DecimalFilter>;
  /** What was given up, with tax. */
  writtenOffMinor?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type RevenueDayGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: RevenueDayField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type RevenueDayGroupExtremesFilter = {
  /** What they came to before tax. */
  billedNetMinor?: InputMaybe<BigIntFilter>;
  /** The tax on them. */
  billedTaxMinor?: InputMaybe<BigIntFilter>;
  /** What payments settled, less what left again. */
  collectedMinor?: InputMaybe<BigIntFilter>;
  /** What was credited before tax. */
  creditedNetMinor?: InputMaybe<BigIntFilter>;
  /** The tax on it. */
  creditedTaxMinor?: InputMaybe<BigIntFilter>;
  /** The day. */
  day?: InputMaybe<DateFilter>;
  /** How many invoices were issued. */
  invoicesIssued?: InputMaybe<BigIntFilter>;
  /** How many invoices were declared void. */
  invoicesVoided?: InputMaybe<BigIntFilter>;
  /** What those had come to before tax. */
  voidedNetMinor?: InputMaybe<BigIntFilter>;
  /** The tax on those. */
  voidedTaxMinor?: InputMaybe<BigIntFilter>;
  /** What was given up, with tax. */
  writtenOffMinor?: InputMaybe<BigIntFilter>;
};

/** Which groups of rows of `dailyRevenue`; all of it must hold. */
export type RevenueDayGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<RevenueDayGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<RevenueDayGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<RevenueDayGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<RevenueDayGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<RevenueDayGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<RevenueDayGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<RevenueDayGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type RevenueDayGroupKey = {
  __typename?: 'RevenueDayGroupKey';
  /** What they came to before tax. */
  billedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on them. */
  billedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settled, less what left again. */
  collectedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was credited before tax. */
  creditedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on it. */
  creditedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The currency of every amount. */
  currency?: Maybe<Scalars['String']['output']>;
  /** The day. */
  day?: Maybe<Scalars['Date']['output']>;
  /** The bucket that day falls into by its age. */
  dayAge?: Maybe<AgeBucket>;
  /** How many invoices were issued. */
  invoicesIssued?: Maybe<Scalars['BigInt']['output']>;
  /** How many invoices were declared void. */
  invoicesVoided?: Maybe<Scalars['BigInt']['output']>;
  /** What those had come to before tax. */
  voidedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on those. */
  voidedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up, with tax. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `dailyRevenue`. */
export type RevenueDayGroupMaxima = {
  __typename?: 'RevenueDayGroupMaxima';
  /** What they came to before tax. */
  billedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on them. */
  billedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settled, less what left again. */
  collectedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was credited before tax. */
  creditedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on it. */
  creditedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day. */
  day?: Maybe<Scalars['Date']['output']>;
  /** How many invoices were issued. */
  invoicesIssued?: Maybe<Scalars['BigInt']['output']>;
  /** How many invoices were declared void. */
  invoicesVoided?: Maybe<Scalars['BigInt']['output']>;
  /** What those had come to before tax. */
  voidedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on those. */
  voidedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up, with tax. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `dailyRevenue`. */
export type RevenueDayGroupMinima = {
  __typename?: 'RevenueDayGroupMinima';
  /** What they came to before tax. */
  billedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on them. */
  billedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settled, less what left again. */
  collectedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was credited before tax. */
  creditedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on it. */
  creditedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The day. */
  day?: Maybe<Scalars['Date']['output']>;
  /** How many invoices were issued. */
  invoicesIssued?: Maybe<Scalars['BigInt']['output']>;
  /** How many invoices were declared void. */
  invoicesVoided?: Maybe<Scalars['BigInt']['output']>;
  /** What those had come to before tax. */
  voidedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on those. */
  voidedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up, with tax. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** One term of an order of groups. */
export type RevenueDayGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<RevenueDayField>;
};

/** Worked out over the rows of a group of `dailyRevenue`. */
export type RevenueDayGroupSums = {
  __typename?: 'RevenueDayGroupSums';
  /** What they came to before tax. */
  billedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on them. */
  billedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What payments settled, less what left again. */
  collectedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was credited before tax. */
  creditedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on it. */
  creditedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How many invoices were issued. */
  invoicesIssued?: Maybe<Scalars['BigInt']['output']>;
  /** How many invoices were declared void. */
  invoicesVoided?: Maybe<Scalars['BigInt']['output']>;
  /** What those had come to before tax. */
  voidedNetMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The tax on those. */
  voidedTaxMinor?: Maybe<Scalars['BigInt']['output']>;
  /** What was given up, with tax. */
  writtenOffMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type RevenueDayGroupSumsFilter = {
  /** What they came to before tax. */
  billedNetMinor?: InputMaybe<DecimalFilter>;
  /** The tax on them. */
  billedTaxMinor?: InputMaybe<DecimalFilter>;
  /** What payments settled, less what left again. */
  collectedMinor?: InputMaybe<DecimalFilter>;
  /** What was credited before tax. */
  creditedNetMinor?: InputMaybe<DecimalFilter>;
  /** The tax on it. */
  creditedTaxMinor?: InputMaybe<DecimalFilter>;
  /** How many invoices were issued. */
  invoicesIssued?: InputMaybe<DecimalFilter>;
  /** How many invoices were declared void. */
  invoicesVoided?: InputMaybe<DecimalFilter>;
  /** What those had come to before tax. */
  voidedNetMinor?: InputMaybe<DecimalFilter>;
  /** The tax on those. */
  voidedTaxMinor?: InputMaybe<DecimalFilter>;
  /** What was given up, with tax. */
  writtenOffMinor?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `dailyRevenue`. */
export type RevenueDayGroups = {
  __typename?: 'RevenueDayGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<RevenueDayGroup>;
};

/** Versions of a row of `dailyRevenue`, oldest first. */
export type RevenueDayHistory = {
  __typename?: 'RevenueDayHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<RevenueDayVersion>;
};

/** One term of an order of `dailyRevenue`. */
export type RevenueDayOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: RevenueDayField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** What one event made of a row of `dailyRevenue`. */
export type RevenueDayVersion = {
  __typename?: 'RevenueDayVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<RevenueDay>;
};

/** What is asked of a field of type String; all of it must hold. */
export type StringFilter = {
  /** Has this somewhere, in upper or lower case. */
  contains?: InputMaybe<Scalars['String']['input']>;
  /** Ends with this, in upper or lower case. */
  endsWith?: InputMaybe<Scalars['String']['input']>;
  /** Is this. */
  eq?: InputMaybe<Scalars['String']['input']>;
  /** Is greater than this. */
  gt?: InputMaybe<Scalars['String']['input']>;
  /** Is this or greater. */
  gte?: InputMaybe<Scalars['String']['input']>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is less than this. */
  lt?: InputMaybe<Scalars['String']['input']>;
  /** Is this or less. */
  lte?: InputMaybe<Scalars['String']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<Scalars['String']['input']>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Begins with this, in upper or lower case. */
  startsWith?: InputMaybe<Scalars['String']['input']>;
};

/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type Subscription = {
  __typename?: 'Subscription';
  /** By how much one day's bookings changed what a customer owes of one due date. As it is, then after every change as it is by then; null when there is none. */
  agedReceivable?: Maybe<AgedReceivable>;
  /** Counts and sums over groups of `agedReceivables`: as they are, then whenever they have changed. */
  agedReceivableGroups: AgedReceivableGroups;
  /** What changes in `agedReceivables`, from now on or from a position on. */
  agedReceivables: AgedReceivableChanges;
  /** One customer: who is invoiced, where, and on which terms. As it is, then after every change as it is by then; null when there is none. */
  customer?: Maybe<Customer>;
  /** Counts and sums over groups of `customers`: as they are, then whenever they have changed. */
  customerGroups: CustomerGroups;
  /** What changes in `customers`, from now on or from a position on. */
  customers: CustomerChanges;
  /** What changes in `dailyRevenue`, from now on or from a position on. */
  dailyRevenue: RevenueDayChanges;
  /** One invoice: what it comes to, how it was settled, and what is due. As it is, then after every change as it is by then; null when there is none. */
  invoice?: Maybe<Invoice>;
  /** Counts and sums over groups of `invoices`: as they are, then whenever they have changed. */
  invoiceGroups: InvoiceGroups;
  /** What changes in `invoices`, from now on or from a position on. */
  invoices: InvoiceChanges;
  /** One payment: how much of it was authorized, captured and given back. As it is, then after every change as it is by then; null when there is none. */
  payment?: Maybe<Payment>;
  /** Counts and sums over groups of `payments`: as they are, then whenever they have changed. */
  paymentGroups: PaymentGroups;
  /** What changes in `payments`, from now on or from a position on. */
  payments: PaymentChanges;
  /** One receipt: what was received from whom for which invoice. As it is, then after every change as it is by then; null when there is none. */
  receipt?: Maybe<Receipt>;
  /** Counts and sums over groups of `receipts`: as they are, then whenever they have changed. */
  receiptGroups: ReceiptGroups;
  /** What changes in `receipts`, from now on or from a position on. */
  receipts: ReceiptChanges;
  /** One day in one currency. What is let off later counts on its own day. As it is, then after every change as it is by then; null when there is none. */
  revenueDay?: Maybe<RevenueDay>;
  /** Counts and sums over groups of `dailyRevenue`: as they are, then whenever they have changed. */
  revenueDayGroups: RevenueDayGroups;
  /** One wallet: what is posted, what of it is held, what can be spent. As it is, then after every change as it is by then; null when there is none. */
  wallet?: Maybe<Wallet>;
  /** One booking: what moved, and the balance it left. As it is, then after every change as it is by then; null when there is none. */
  walletEntry?: Maybe<WalletEntry>;
  /** Counts and sums over groups of `walletStatement`: as they are, then whenever they have changed. */
  walletEntryGroups: WalletEntryGroups;
  /** Counts and sums over groups of `wallets`: as they are, then whenever they have changed. */
  walletGroups: WalletGroups;
  /** What changes in `walletStatement`, from now on or from a position on. */
  walletStatement: WalletEntryChanges;
  /** What changes in `wallets`, from now on or from a position on. */
  wallets: WalletChanges;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionAgedReceivableArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  bookedOn: Scalars['Date']['input'];
  currency: Scalars['String']['input'];
  customerId: Scalars['ID']['input'];
  dueOn: Scalars['Date']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionAgedReceivableGroupsArgs = {
  by?: InputMaybe<Array<AgedReceivableGroupBy>>;
  filter?: InputMaybe<AgedReceivableFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<AgedReceivableGroupFilter>;
  orderBy?: InputMaybe<Array<AgedReceivableGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionAgedReceivablesArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<AgedReceivableFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionCustomerArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionCustomerGroupsArgs = {
  by?: InputMaybe<Array<CustomerGroupBy>>;
  filter?: InputMaybe<CustomerFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<CustomerGroupFilter>;
  orderBy?: InputMaybe<Array<CustomerGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionCustomersArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<CustomerFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionDailyRevenueArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<RevenueDayFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionInvoiceArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionInvoiceGroupsArgs = {
  by?: InputMaybe<Array<InvoiceGroupBy>>;
  filter?: InputMaybe<InvoiceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<InvoiceGroupFilter>;
  orderBy?: InputMaybe<Array<InvoiceGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionInvoicesArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<InvoiceFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionPaymentArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionPaymentGroupsArgs = {
  by?: InputMaybe<Array<PaymentGroupBy>>;
  filter?: InputMaybe<PaymentFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<PaymentGroupFilter>;
  orderBy?: InputMaybe<Array<PaymentGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionPaymentsArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<PaymentFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionReceiptArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionReceiptGroupsArgs = {
  by?: InputMaybe<Array<ReceiptGroupBy>>;
  filter?: InputMaybe<ReceiptFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<ReceiptGroupFilter>;
  orderBy?: InputMaybe<Array<ReceiptGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionReceiptsArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<ReceiptFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionRevenueDayArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  currency: Scalars['String']['input'];
  day: Scalars['Date']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionRevenueDayGroupsArgs = {
  by?: InputMaybe<Array<RevenueDayGroupBy>>;
  filter?: InputMaybe<RevenueDayFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<RevenueDayGroupFilter>;
  orderBy?: InputMaybe<Array<RevenueDayGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionWalletArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  id: Scalars['ID']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionWalletEntryArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  entry: Scalars['BigInt']['input'];
  walletId: Scalars['ID']['input'];
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionWalletEntryGroupsArgs = {
  by?: InputMaybe<Array<WalletEntryGroupBy>>;
  filter?: InputMaybe<WalletEntryFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<WalletEntryGroupFilter>;
  orderBy?: InputMaybe<Array<WalletEntryGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionWalletGroupsArgs = {
  by?: InputMaybe<Array<WalletGroupBy>>;
  filter?: InputMaybe<WalletFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  having?: InputMaybe<WalletGroupFilter>;
  orderBy?: InputMaybe<Array<WalletGroupOrder>>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionWalletStatementArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<WalletEntryFilter>;
};


/** What can be followed as it changes, over graphql-transport-ws or SSE. */
export type SubscriptionWalletsArgs = {
  afterPosition?: InputMaybe<Scalars['BigInt']['input']>;
  filter?: InputMaybe<WalletFilter>;
};

/** One wallet: what is posted, what of it is held, what can be spent. */
export type Wallet = {
  __typename?: 'Wallet';
  /** What can be booked out or held. */
  availableMinor: Scalars['BigInt']['output'];
  /** When it was last booked on. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many bookings there are. */
  bookings: Scalars['BigInt']['output'];
  /** The currency of every amount. */
  currency: Scalars['String']['output'];
  /** Whose money it is. */
  customer?: Maybe<Customer>;
  /** Whose money it is. */
  customerId: Scalars['ID']['output'];
  /** What is promised of it. */
  heldMinor: Scalars['BigInt']['output'];
  /** The wallet. */
  id: Scalars['ID']['output'];
  /** When it was opened. */
  openedAt: Scalars['DateTime']['output'];
  /** How far below zero it may go. */
  overdraftMinor: Scalars['BigInt']['output'];
  /** The rows of `payments` that point here. */
  payments?: Maybe<PaymentConnection>;
  /** The balance. */
  postedMinor: Scalars['BigInt']['output'];
  /** Whether it can be booked on. */
  status: WalletStatus;
  /** The rows of `walletStatement` that point here. */
  walletStatement?: Maybe<WalletEntryConnection>;
};


/** One wallet: what is posted, what of it is held, what can be spent. */
export type WalletPaymentsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<PaymentFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<PaymentOrder>>;
};


/** One wallet: what is posted, what of it is held, what can be spent. */
export type WalletWalletStatementArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<WalletEntryFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<Array<WalletEntryOrder>>;
};

/** What has changed in `wallets` since the last time. */
export type WalletChanges = {
  __typename?: 'WalletChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<Wallet>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `wallets`. */
export type WalletConnection = {
  __typename?: 'WalletConnection';
  /** The rows, each with its cursor. */
  edges: Array<WalletEdge>;
  /** The rows. */
  nodes: Array<Wallet>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type WalletEdge = {
  __typename?: 'WalletEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: Wallet;
};

/** One booking: what moved, and the balance it left. */
export type WalletEntry = {
  __typename?: 'WalletEntry';
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor: Scalars['BigInt']['output'];
  /** The balance after it. */
  balanceMinor: Scalars['BigInt']['output'];
  /** When it was booked. */
  bookedAt: Scalars['DateTime']['output'];
  /** The account on the other side. */
  contraAccount: Scalars['String']['output'];
  /** The currency of both amounts. */
  currency: Scalars['String']['output'];
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry: Scalars['BigInt']['output'];
  /** Made of the key, for clients to cache the row by. */
  id: Scalars['ID']['output'];
  /** Which way the money went. */
  kind: WalletEntryKind;
  /** What the booking is called. */
  reference: Scalars['String']['output'];
  /** The wallet. */
  wallet?: Maybe<Wallet>;
  /** The wallet. */
  walletId: Scalars['ID']['output'];
};

/** What has changed in `walletStatement` since the last time. */
export type WalletEntryChanges = {
  __typename?: 'WalletEntryChanges';
  /** The rows that are new or have changed, as they are now. */
  nodes: Array<WalletEntry>;
  /** Everything up to this position of the log has been told; to go on from here after a break, pass it as `afterPosition`. */
  position: Scalars['BigInt']['output'];
  /** Too much has changed to be told: read the list again. What changes after `position` is told as before. */
  reload: Scalars['Boolean']['output'];
  /** The ids of rows that are gone, or that the filter does not mean (any more). Some of them may never have been told. */
  removed: Array<Scalars['ID']['output']>;
};

/** A page of `walletStatement`. */
export type WalletEntryConnection = {
  __typename?: 'WalletEntryConnection';
  /** The rows, each with its cursor. */
  edges: Array<WalletEntryEdge>;
  /** The rows. */
  nodes: Array<WalletEntry>;
  /** Where the page stands in the list. */
  pageInfo: PageInfo;
  /** How many rows the whole list has. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A row on a page. */
export type WalletEntryEdge = {
  __typename?: 'WalletEntryEdge';
  /** The row's place in the list, for `after` and `before`. */
  cursor: Scalars['String']['output'];
  /** The row. */
  node: WalletEntry;
};

/** The fields by which `walletStatement` can be put in order or grouped. */
export enum WalletEntryField {
  /** What moved: into the wallet, or out of it if below zero. */
  AmountMinor = 'AMOUNT_MINOR',
  /** The balance after it. */
  BalanceMinor = 'BALANCE_MINOR',
  /** When it was booked. */
  BookedAt = 'BOOKED_AT',
  /** The account on the other side. */
  ContraAccount = 'CONTRA_ACCOUNT',
  /** The currency of both amounts. */
  Currency = 'CURRENCY',
  /** The place of the booking in the wallet's life; later ones are higher. */
  Entry = 'ENTRY',
  /** Which way the money went. */
  Kind = 'KIND',
  /** What the booking is called. */
  Reference = 'REFERENCE',
  /** The wallet. */
  WalletId = 'WALLET_ID'
}

/** Which rows of `walletStatement`; all of it must hold. */
export type WalletEntryFilter = {
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** All of these hold. */
  and?: InputMaybe<Array<WalletEntryFilter>>;
  /** The balance after it. */
  balanceMinor?: InputMaybe<BigIntFilter>;
  /** When it was booked. */
  bookedAt?: InputMaybe<DateTimeFilter>;
  /** The account on the other side. */
  contraAccount?: InputMaybe<StringFilter>;
  /** The currency of both amounts. */
  currency?: InputMaybe<StringFilter>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: InputMaybe<BigIntFilter>;
  /** Which way the money went. */
  kind?: InputMaybe<WalletEntryKindFilter>;
  /** This does not hold. */
  not?: InputMaybe<WalletEntryFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<WalletEntryFilter>>;
  /** What the booking is called. */
  reference?: InputMaybe<StringFilter>;
  /** There is a `wallet`, and this holds of it. */
  wallet?: InputMaybe<WalletFilter>;
  /** The wallet. */
  walletId?: InputMaybe<IdFilter>;
};

/** Some rows of `walletStatement`, taken together. */
export type WalletEntryGroup = {
  __typename?: 'WalletEntryGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: WalletEntryGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: WalletEntryGroupKey;
  /** The greatest values of its rows. */
  max: WalletEntryGroupMaxima;
  /** The least values of its rows. */
  min: WalletEntryGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: WalletEntryGroupSums;
};

/** Worked out over the rows of a group of `walletStatement`. Rounded to 6 decimals, half away from zero. */
export type WalletEntryGroupAverages = {
  __typename?: 'WalletEntryGroupAverages';
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: Maybe<Scalars['Decimal']['output']>;
  /** The balance after it. */
  balanceMinor?: Maybe<Scalars['Decimal']['output']>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type WalletEntryGroupAveragesFilter = {
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: InputMaybe<DecimalFilter>;
  /** The balance after it. */
  balanceMinor?: InputMaybe<DecimalFilter>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type WalletEntryGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: WalletEntryField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type WalletEntryGroupExtremesFilter = {
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: InputMaybe<BigIntFilter>;
  /** The balance after it. */
  balanceMinor?: InputMaybe<BigIntFilter>;
  /** When it was booked. */
  bookedAt?: InputMaybe<DateTimeFilter>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: InputMaybe<BigIntFilter>;
};

/** Which groups of rows of `walletStatement`; all of it must hold. */
export type WalletEntryGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<WalletEntryGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<WalletEntryGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<WalletEntryGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<WalletEntryGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<WalletEntryGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<WalletEntryGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<WalletEntryGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type WalletEntryGroupKey = {
  __typename?: 'WalletEntryGroupKey';
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance after it. */
  balanceMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was booked. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that bookedAt falls into by its age. */
  bookedAtAge?: Maybe<AgeBucket>;
  /** The account on the other side. */
  contraAccount?: Maybe<Scalars['String']['output']>;
  /** The currency of both amounts. */
  currency?: Maybe<Scalars['String']['output']>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: Maybe<Scalars['BigInt']['output']>;
  /** Which way the money went. */
  kind?: Maybe<WalletEntryKind>;
  /** What the booking is called. */
  reference?: Maybe<Scalars['String']['output']>;
  /** The wallet. */
  wallet?: Maybe<Wallet>;
  /** The wallet. */
  walletId?: Maybe<Scalars['ID']['output']>;
};

/** Worked out over the rows of a group of `walletStatement`. */
export type WalletEntryGroupMaxima = {
  __typename?: 'WalletEntryGroupMaxima';
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance after it. */
  balanceMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was booked. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `walletStatement`. */
export type WalletEntryGroupMinima = {
  __typename?: 'WalletEntryGroupMinima';
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance after it. */
  balanceMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was booked. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: Maybe<Scalars['BigInt']['output']>;
};

/** One term of an order of groups. */
export type WalletEntryGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<WalletEntryField>;
};

/** Worked out over the rows of a group of `walletStatement`. */
export type WalletEntryGroupSums = {
  __typename?: 'WalletEntryGroupSums';
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance after it. */
  balanceMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type WalletEntryGroupSumsFilter = {
  /** What moved: into the wallet, or out of it if below zero. */
  amountMinor?: InputMaybe<DecimalFilter>;
  /** The balance after it. */
  balanceMinor?: InputMaybe<DecimalFilter>;
  /** The place of the booking in the wallet's life; later ones are higher. */
  entry?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `walletStatement`. */
export type WalletEntryGroups = {
  __typename?: 'WalletEntryGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<WalletEntryGroup>;
};

/** Versions of a row of `walletStatement`, oldest first. */
export type WalletEntryHistory = {
  __typename?: 'WalletEntryHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<WalletEntryVersion>;
};

/** Which way the money of a booking went. */
export enum WalletEntryKind {
  /** Out, of what had been held. */
  Capture = 'CAPTURE',
  /** In. */
  Credit = 'CREDIT',
  /** Out. */
  Debit = 'DEBIT'
}

/** What is asked of a field of type WalletEntryKind; all of it must hold. */
export type WalletEntryKindFilter = {
  /** Is this. */
  eq?: InputMaybe<WalletEntryKind>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<WalletEntryKind>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<WalletEntryKind>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<WalletEntryKind>>;
};

/** What is asked of a list of `walletStatement`; all of it must hold. */
export type WalletEntryListFilter = {
  /** This holds of each of them, if any. */
  every?: InputMaybe<WalletEntryFilter>;
  /** This holds of none of them. */
  none?: InputMaybe<WalletEntryFilter>;
  /** This holds of one or more of them. */
  some?: InputMaybe<WalletEntryFilter>;
};

/** One term of an order of `walletStatement`. */
export type WalletEntryOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: WalletEntryField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** What one event made of a row of `walletStatement`. */
export type WalletEntryVersion = {
  __typename?: 'WalletEntryVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<WalletEntry>;
};

/** The fields by which `wallets` can be put in order or grouped. */
export enum WalletField {
  /** What can be booked out or held. */
  AvailableMinor = 'AVAILABLE_MINOR',
  /** When it was last booked on. */
  BookedAt = 'BOOKED_AT',
  /** How many bookings there are. */
  Bookings = 'BOOKINGS',
  /** The currency of every amount. */
  Currency = 'CURRENCY',
  /** Whose money it is. */
  CustomerId = 'CUSTOMER_ID',
  /** What is promised of it. */
  HeldMinor = 'HELD_MINOR',
  /** The wallet. */
  Id = 'ID',
  /** When it was opened. */
  OpenedAt = 'OPENED_AT',
  /** How far below zero it may go. */
  OverdraftMinor = 'OVERDRAFT_MINOR',
  /** The balance. */
  PostedMinor = 'POSTED_MINOR',
  /** Whether it can be booked on. */
  Status = 'STATUS'
}

/** Which rows of `wallets`; all of it must hold. */
export type WalletFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<WalletFilter>>;
  /** What can be booked out or held. */
  availableMinor?: InputMaybe<BigIntFilter>;
  /** When it was last booked on. */
  bookedAt?: InputMaybe<DateTimeFilter>;
  /** How many bookings there are. */
  bookings?: InputMaybe<BigIntFilter>;
  /** The currency of every amount. */
  currency?: InputMaybe<StringFilter>;
  /** There is a `customer`, and this holds of it. */
  customer?: InputMaybe<CustomerFilter>;
  /** Whose money it is. */
  customerId?: InputMaybe<IdFilter>;
  /** What is promised of it. */
  heldMinor?: InputMaybe<BigIntFilter>;
  /** The wallet. */
  id?: InputMaybe<IdFilter>;
  /** This does not hold. */
  not?: InputMaybe<WalletFilter>;
  /** When it was opened. */
  openedAt?: InputMaybe<DateTimeFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<WalletFilter>>;
  /** How far below zero it may go. */
  overdraftMinor?: InputMaybe<BigIntFilter>;
  /** What is asked of the rows of `payments` that point to it. */
  payments?: InputMaybe<PaymentListFilter>;
  /** The balance. */
  postedMinor?: InputMaybe<BigIntFilter>;
  /** Whether it can be booked on. */
  status?: InputMaybe<WalletStatusFilter>;
  /** What is asked of the rows of `walletStatement` that point to it. */
  walletStatement?: InputMaybe<WalletEntryListFilter>;
};

/** Some rows of `wallets`, taken together. */
export type WalletGroup = {
  __typename?: 'WalletGroup';
  /** Means over its rows that are not empty; null where all of them are. */
  avg: WalletGroupAverages;
  /** How many rows it has. */
  count: Scalars['Int']['output'];
  /** What its rows share. */
  key: WalletGroupKey;
  /** The greatest values of its rows. */
  max: WalletGroupMaxima;
  /** The least values of its rows. */
  min: WalletGroupMinima;
  /** Sums over its rows; null where all of them are empty. */
  sum: WalletGroupSums;
};

/** Worked out over the rows of a group of `wallets`. Rounded to 6 decimals, half away from zero. */
export type WalletGroupAverages = {
  __typename?: 'WalletGroupAverages';
  /** What can be booked out or held. */
  availableMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How many bookings there are. */
  bookings?: Maybe<Scalars['Decimal']['output']>;
  /** What is promised of it. */
  heldMinor?: Maybe<Scalars['Decimal']['output']>;
  /** How far below zero it may go. */
  overdraftMinor?: Maybe<Scalars['Decimal']['output']>;
  /** The balance. */
  postedMinor?: Maybe<Scalars['Decimal']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type WalletGroupAveragesFilter = {
  /** What can be booked out or held. */
  availableMinor?: InputMaybe<DecimalFilter>;
  /** How many bookings there are. */
  bookings?: InputMaybe<DecimalFilter>;
  /** What is promised of it. */
  heldMinor?: InputMaybe<DecimalFilter>;
  /** How far below zero it may go. */
  overdraftMinor?: InputMaybe<DecimalFilter>;
  /** The balance. */
  postedMinor?: InputMaybe<DecimalFilter>;
};

/** What the rows of a group share: a field's value, its period, or its age. */
export type WalletGroupBy = {
  /** For dates and times: how long before a date it lies. */
  age?: InputMaybe<AgeBuckets>;
  /** For dates and times: the period it falls into. */
  every?: InputMaybe<Period>;
  /** Which field. */
  field: WalletField;
  /** For times: where days begin, like "Africa/Johannesburg". */
  timeZone?: InputMaybe<Scalars['String']['input']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type WalletGroupExtremesFilter = {
  /** What can be booked out or held. */
  availableMinor?: InputMaybe<BigIntFilter>;
  /** When it was last booked on. */
  bookedAt?: InputMaybe<DateTimeFilter>;
  /** How many bookings there are. */
  bookings?: InputMaybe<BigIntFilter>;
  /** What is promised of it. */
  heldMinor?: InputMaybe<BigIntFilter>;
  /** When it was opened. */
  openedAt?: InputMaybe<DateTimeFilter>;
  /** How far below zero it may go. */
  overdraftMinor?: InputMaybe<BigIntFilter>;
  /** The balance. */
  postedMinor?: InputMaybe<BigIntFilter>;
};

/** Which groups of rows of `wallets`; all of it must hold. */
export type WalletGroupFilter = {
  /** All of these hold. */
  and?: InputMaybe<Array<WalletGroupFilter>>;
  /** What is asked of means over its rows. */
  avg?: InputMaybe<WalletGroupAveragesFilter>;
  /** What is asked of how many rows it has. */
  count?: InputMaybe<BigIntFilter>;
  /** What is asked of its rows' greatest values. */
  max?: InputMaybe<WalletGroupExtremesFilter>;
  /** What is asked of its rows' least values. */
  min?: InputMaybe<WalletGroupExtremesFilter>;
  /** This does not hold. */
  not?: InputMaybe<WalletGroupFilter>;
  /** One of these holds; none does, of none. */
  or?: InputMaybe<Array<WalletGroupFilter>>;
  /** What is asked of sums over its rows. */
  sum?: InputMaybe<WalletGroupSumsFilter>;
};

/** What the rows of a group share; null where they are not grouped by it. */
export type WalletGroupKey = {
  __typename?: 'WalletGroupKey';
  /** What can be booked out or held. */
  availableMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was last booked on. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that bookedAt falls into by its age. */
  bookedAtAge?: Maybe<AgeBucket>;
  /** How many bookings there are. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** The currency of every amount. */
  currency?: Maybe<Scalars['String']['output']>;
  /** Whose money it is. */
  customer?: Maybe<Customer>;
  /** Whose money it is. */
  customerId?: Maybe<Scalars['ID']['output']>;
  /** What is promised of it. */
  heldMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The wallet. */
  id?: Maybe<Scalars['ID']['output']>;
  /** When it was opened. */
  openedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The bucket that openedAt falls into by its age. */
  openedAtAge?: Maybe<AgeBucket>;
  /** How far below zero it may go. */
  overdraftMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance. */
  postedMinor?: Maybe<Scalars['BigInt']['output']>;
  /** Whether it can be booked on. */
  status?: Maybe<WalletStatus>;
};

/** Worked out over the rows of a group of `wallets`. */
export type WalletGroupMaxima = {
  __typename?: 'WalletGroupMaxima';
  /** What can be booked out or held. */
  availableMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was last booked on. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many bookings there are. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** What is promised of it. */
  heldMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was opened. */
  openedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How far below zero it may go. */
  overdraftMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance. */
  postedMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** Worked out over the rows of a group of `wallets`. */
export type WalletGroupMinima = {
  __typename?: 'WalletGroupMinima';
  /** What can be booked out or held. */
  availableMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was last booked on. */
  bookedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many bookings there are. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** What is promised of it. */
  heldMinor?: Maybe<Scalars['BigInt']['output']>;
  /** When it was opened. */
  openedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How far below zero it may go. */
  overdraftMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance. */
  postedMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** One term of an order of groups. */
export type WalletGroupOrder = {
  /** By what. */
  by: GroupAggregate;
  /** Which way. */
  direction?: OrderDirection;
  /** Of which field; for COUNT, of none. */
  field?: InputMaybe<WalletField>;
};

/** Worked out over the rows of a group of `wallets`. */
export type WalletGroupSums = {
  __typename?: 'WalletGroupSums';
  /** What can be booked out or held. */
  availableMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How many bookings there are. */
  bookings?: Maybe<Scalars['BigInt']['output']>;
  /** What is promised of it. */
  heldMinor?: Maybe<Scalars['BigInt']['output']>;
  /** How far below zero it may go. */
  overdraftMinor?: Maybe<Scalars['BigInt']['output']>;
  /** The balance. */
  postedMinor?: Maybe<Scalars['BigInt']['output']>;
};

/** What is asked of what was worked out; all of it must hold. */
export type WalletGroupSumsFilter = {
  /** What can be booked out or held. */
  availableMinor?: InputMaybe<DecimalFilter>;
  /** How many bookings there are. */
  bookings?: InputMaybe<DecimalFilter>;
  /** What is promised of it. */
  heldMinor?: InputMaybe<DecimalFilter>;
  /** How far below zero it may go. */
  overdraftMinor?: InputMaybe<DecimalFilter>;
  /** The balance. */
  postedMinor?: InputMaybe<DecimalFilter>;
};

/** Groups of rows of `wallets`. */
export type WalletGroups = {
  __typename?: 'WalletGroups';
  /** Whether there are more groups than were asked for. */
  hasMore: Scalars['Boolean']['output'];
  /** The groups. */
  nodes: Array<WalletGroup>;
};

/** Versions of a row of `wallets`, oldest first. */
export type WalletHistory = {
  __typename?: 'WalletHistory';
  /** Whether there are later ones; ask for them by `afterPosition`. */
  hasMore: Scalars['Boolean']['output'];
  /** The versions. */
  nodes: Array<WalletVersion>;
};

/** What is asked of a list of `wallets`; all of it must hold. */
export type WalletListFilter = {
  /** This holds of each of them, if any. */
  every?: InputMaybe<WalletFilter>;
  /** This holds of none of them. */
  none?: InputMaybe<WalletFilter>;
  /** This holds of one or more of them. */
  some?: InputMaybe<WalletFilter>;
};

/** One term of an order of `wallets`. */
export type WalletOrder = {
  /** Which way. */
  direction?: OrderDirection;
  /** By which field. */
  field: WalletField;
  /** Where empty values stand. When nothing is said they count as the greatest, which is also the fastest. */
  nulls?: InputMaybe<NullsOrder>;
};

/** Whether a wallet can be booked on. */
export enum WalletStatus {
  /** Never again. */
  Closed = 'CLOSED',
  /** Not for the time being. */
  Frozen = 'FROZEN',
  /** It can. */
  Open = 'OPEN'
}

/** What is asked of a field of type WalletStatus; all of it must hold. */
export type WalletStatusFilter = {
  /** Is this. */
  eq?: InputMaybe<WalletStatus>;
  /** Is one of these; no row is, of none. */
  in?: InputMaybe<Array<WalletStatus>>;
  /** Is empty, or is not. */
  isNull?: InputMaybe<Scalars['Boolean']['input']>;
  /** Is not this; an empty field is not. */
  ne?: InputMaybe<WalletStatus>;
  /** Is none of these; an empty field is none. */
  notIn?: InputMaybe<Array<WalletStatus>>;
};

/** What one event made of a row of `wallets`. */
export type WalletVersion = {
  __typename?: 'WalletVersion';
  /** By whom: `{kind}:{id}`. */
  actor: Scalars['String']['output'];
  /** The fields that the event changed. */
  changes: Array<FieldChange>;
  /** By which command. */
  commandId: Scalars['ID']['output'];
  /** What belongs together shares it. */
  correlationId: Scalars['ID']['output'];
  /** What happened: `{aggregate}.{event}`. */
  event: Scalars['String']['output'];
  /** The event's own id. */
  eventId: Scalars['ID']['output'];
  /** When it happened. */
  occurredAt: Scalars['DateTime']['output'];
  /** Where in the log. */
  position: Scalars['BigInt']['output'];
  /** Why, in the words of whoever asked for it. */
  reason?: Maybe<Scalars['String']['output']>;
  /** When it was written down. */
  recordedAt: Scalars['DateTime']['output'];
  /** The row after the event; null when that removed it. */
  row?: Maybe<Wallet>;
};

export type DueFragment = { __typename?: 'Invoice', id: string, number?: string | null, status: InvoiceStatus, dueOn?: string | null, dueMinor: string };

export type DashboardQueryVariables = Exact<{
  filter?: InputMaybe<InvoiceFilter>;
  first: Scalars['Int']['input'];
}>;


export type DashboardQuery = { __typename?: 'Query', invoices?: { __typename?: 'InvoiceConnection', totalCount: number, nodes: Array<{ __typename?: 'Invoice', id: string, number?: string | null, status: InvoiceStatus, dueOn?: string | null, dueMinor: string, customer?: { __typename?: 'Customer', name: string, status: CustomerStatus } | null, lines: Array<{ __typename?: 'Line', description: string, net: { __typename?: 'Money', minor: string, currency: string } }> }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null, invoiceGroups?: { __typename?: 'InvoiceGroups', nodes: Array<{ __typename?: 'InvoiceGroup', count: number, key: { __typename?: 'InvoiceGroupKey', currency?: string | null, status?: InvoiceStatus | null }, sum: { __typename?: 'InvoiceGroupSums', dueMinor?: string | null }, avg: { __typename?: 'InvoiceGroupAverages', totalMinor?: string | null } }> } | null };

export type CustomersQueryVariables = Exact<{
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type CustomersQuery = { __typename?: 'Query', customers?: { __typename?: 'CustomerConnection', edges: Array<{ __typename?: 'CustomerEdge', cursor: string, node: { __typename?: 'Customer', id: string, name: string } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export const DueFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Due"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Invoice"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"dueOn"}},{"kind":"Field","name":{"kind":"Name","value":"dueMinor"}}]}}]} as unknown as DocumentNode<DueFragment, unknown>;
export const DashboardDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Dashboard"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"InvoiceFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"invoices"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"DUE_ON"}}]},{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"TOTAL_MINOR"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Due"}},{"kind":"Field","name":{"kind":"Name","value":"customer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"lines"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"net"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"minor"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"invoiceGroups"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CURRENCY"}}]},{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"STATUS"}}]}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"key"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"currency"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"count"}},{"kind":"Field","name":{"kind":"Name","value":"sum"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"dueMinor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"avg"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalMinor"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Due"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Invoice"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"dueOn"}},{"kind":"Field","name":{"kind":"Name","value":"dueMinor"}}]}}]} as unknown as DocumentNode<DashboardQuery, DashboardQueryVariables>;
export const CustomersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Customers"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"OPENED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}]}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<CustomersQuery, CustomersQueryVariables>;