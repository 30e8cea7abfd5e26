/** The fields by which `agedReceivables` can be put in order or grouped. */
export var AgedReceivableField;
(function (AgedReceivableField) {
    /** How much more is owed because of them, less if below zero. */
    AgedReceivableField["AmountMinor"] = "AMOUNT_MINOR";
    /** The day of the bookings. */
    AgedReceivableField["BookedOn"] = "BOOKED_ON";
    /** How many bookings there were. */
    AgedReceivableField["Bookings"] = "BOOKINGS";
    /** The currency. */
    AgedReceivableField["Currency"] = "CURRENCY";
    /** Who owes it. */
    AgedReceivableField["CustomerId"] = "CUSTOMER_ID";
    /** The last day to pay. */
    AgedReceivableField["DueOn"] = "DUE_ON";
})(AgedReceivableField || (AgedReceivableField = {}));
/** When the money of an authorized payment is drawn. */
export var CaptureMode;
(function (CaptureMode) {
    /** All of it as soon as it is authorized. */
    CaptureMode["Auto"] = "AUTO";
    /** When it is asked for, in one part or several. */
    CaptureMode["Manual"] = "MANUAL";
})(CaptureMode || (CaptureMode = {}));
/** The fields by which `customers` can be put in order or grouped. */
export var CustomerField;
(function (CustomerField) {
    /** When the customer was closed, if so. */
    CustomerField["ClosedAt"] = "CLOSED_AT";
    /** The currency of all of the customer's invoices. */
    CustomerField["Currency"] = "CURRENCY";
    /** The customer. */
    CustomerField["Id"] = "ID";
    /** The name that invoices are made out to. */
    CustomerField["Name"] = "NAME";
    /** When the customer was opened. */
    CustomerField["OpenedAt"] = "OPENED_AT";
    /** How many days after its issue an invoice falls due. */
    CustomerField["PaymentTermsDays"] = "PAYMENT_TERMS_DAYS";
    /** Whether the customer can be invoiced. */
    CustomerField["Status"] = "STATUS";
})(CustomerField || (CustomerField = {}));
/** Whether a customer can be invoiced. */
export var CustomerStatus;
(function (CustomerStatus) {
    /** No longer. */
    CustomerStatus["Closed"] = "CLOSED";
    /** Yes. */
    CustomerStatus["Open"] = "OPEN";
})(CustomerStatus || (CustomerStatus = {}));
/** What groups are put in order by. */
export var GroupAggregate;
(function (GroupAggregate) {
    /** The mean of a field. */
    GroupAggregate["Avg"] = "AVG";
    /** How many rows there are. */
    GroupAggregate["Count"] = "COUNT";
    /** What the rows of a group share. */
    GroupAggregate["Key"] = "KEY";
    /** The greatest value of a field. */
    GroupAggregate["Max"] = "MAX";
    /** The least value of a field. */
    GroupAggregate["Min"] = "MIN";
    /** The sum of a field. */
    GroupAggregate["Sum"] = "SUM";
})(GroupAggregate || (GroupAggregate = {}));
/** The fields by which `invoices` can be put in order or grouped. */
export var InvoiceField;
(function (InvoiceField) {
    /** What was let off. */
    InvoiceField["CreditedMinor"] = "CREDITED_MINOR";
    /** The currency of every amount. */
    InvoiceField["Currency"] = "CURRENCY";
    /** Who owes it. */
    InvoiceField["CustomerId"] = "CUSTOMER_ID";
    /** When it was drafted. */
    InvoiceField["DraftedAt"] = "DRAFTED_AT";
    /** What is still to be paid. */
    InvoiceField["DueMinor"] = "DUE_MINOR";
    /** The last day to pay. */
    InvoiceField["DueOn"] = "DUE_ON";
    /** The invoice. */
    InvoiceField["Id"] = "ID";
    /** The day of issue. */
    InvoiceField["IssuedOn"] = "ISSUED_ON";
    /** All lines before tax, after discounts. */
    InvoiceField["NetMinor"] = "NET_MINOR";
    /** The number, as printed, once it is issued. */
    InvoiceField["Number"] = "NUMBER";
    /** Whether the last day to pay has passed and something is due. */
    InvoiceField["Overdue"] = "OVERDUE";
    /** What payments brought too much. */
    InvoiceField["OverpaidMinor"] = "OVERPAID_MINOR";
    /** What payments settle. */
    InvoiceField["PaidMinor"] = "PAID_MINOR";
    /** The day it was settled, if it is. */
    InvoiceField["PaidOn"] = "PAID_ON";
    /** How far it has come. */
    InvoiceField["Status"] = "STATUS";
    /** All tax. */
    InvoiceField["TaxMinor"] = "TAX_MINOR";
    /** What it comes to. */
    InvoiceField["TotalMinor"] = "TOTAL_MINOR";
    /** What was given up. */
    InvoiceField["WrittenOffMinor"] = "WRITTEN_OFF_MINOR";
})(InvoiceField || (InvoiceField = {}));
/** How far an invoice has come. */
export var InvoiceStatus;
(function (InvoiceStatus) {
    /** Being put together. */
    InvoiceStatus["Draft"] = "DRAFT";
    /** Owed in full. */
    InvoiceStatus["Issued"] = "ISSUED";
    /** Settled. */
    InvoiceStatus["Paid"] = "PAID";
    /** Settled in part. */
    InvoiceStatus["PartiallyPaid"] = "PARTIALLY_PAID";
    /** Declared void. */
    InvoiceStatus["Void"] = "VOID";
    /** What was due was given up. */
    InvoiceStatus["WrittenOff"] = "WRITTEN_OFF";
})(InvoiceStatus || (InvoiceStatus = {}));
/** Where empty values stand in an order. */
export var NullsOrder;
(function (NullsOrder) {
    /** Before all others. */
    NullsOrder["First"] = "FIRST";
    /** After all others. */
    NullsOrder["Last"] = "LAST";
})(NullsOrder || (NullsOrder = {}));
/** Which way an order runs. */
export var OrderDirection;
(function (OrderDirection) {
    /** From the least to the greatest. */
    OrderDirection["Asc"] = "ASC";
    /** From the greatest to the least. */
    OrderDirection["Desc"] = "DESC";
})(OrderDirection || (OrderDirection = {}));
/** The fields by which `payments` can be put in order or grouped. */
export var PaymentField;
(function (PaymentField) {
    /** How much is to be received. */
    PaymentField["AmountMinor"] = "AMOUNT_MINOR";
    /** How much a provider holds or held for us. */
    PaymentField["AuthorizedMinor"] = "AUTHORIZED_MINOR";
    /** When the money is drawn. */
    PaymentField["Capture"] = "CAPTURE";
    /** How much of it is ours, captured in time. */
    PaymentField["CapturedMinor"] = "CAPTURED_MINOR";
    /** When it was created. */
    PaymentField["CreatedAt"] = "CREATED_AT";
    /** The currency of every amount. */
    PaymentField["Currency"] = "CURRENCY";
    /** Until when the authorization can be captured. */
    PaymentField["ExpiresAt"] = "EXPIRES_AT";
    /** What providers keep, as far as it is known. */
    PaymentField["FeesMinor"] = "FEES_MINOR";
    /** The payment. */
    PaymentField["Id"] = "ID";
    /** The invoice it is for, if it is for one. */
    PaymentField["InvoiceId"] = "INVOICE_ID";
    /** Why the last thing that failed did. */
    PaymentField["LastFailure"] = "LAST_FAILURE";
    /** How much came after it had been given up. */
    PaymentField["LateMinor"] = "LATE_MINOR";
    /** The provider's token of the payer's card or account. */
    PaymentField["MethodRef"] = "METHOD_REF";
    /** The provider that was asked last. */
    PaymentField["Provider"] = "PROVIDER";
    /** How much was given back. */
    PaymentField["RefundedMinor"] = "REFUNDED_MINOR";
    /** How far it has come. */
    PaymentField["Status"] = "STATUS";
    /** The wallet it fills, if it fills one. */
    PaymentField["WalletId"] = "WALLET_ID";
})(PaymentField || (PaymentField = {}));
/** How far a payment has come. */
export var PaymentStatus;
(function (PaymentStatus) {
    /** The payer has something to do. */
    PaymentStatus["ActionRequired"] = "ACTION_REQUIRED";
    /** A provider holds the money. */
    PaymentStatus["Authorized"] = "AUTHORIZED";
    /** All the money that was wanted is ours. */
    PaymentStatus["Captured"] = "CAPTURED";
    /** The provider holds another amount; people must look at it. */
    PaymentStatus["Conflicted"] = "CONFLICTED";
    /** Nobody has been asked yet. */
    PaymentStatus["Created"] = "CREATED";
    /** The last attempt was declined; another may follow. */
    PaymentStatus["Declined"] = "DECLINED";
    /** The authorization ended. */
    PaymentStatus["Expired"] = "EXPIRED";
    /** A part of the money is ours. */
    PaymentStatus["PartiallyCaptured"] = "PARTIALLY_CAPTURED";
    /** A provider is being asked. */
    PaymentStatus["Processing"] = "PROCESSING";
    /** Nobody knows what the provider decided. */
    PaymentStatus["Unknown"] = "UNKNOWN";
    /** Given up before anything was captured. */
    PaymentStatus["Voided"] = "VOIDED";
})(PaymentStatus || (PaymentStatus = {}));
/** A period of the calendar. Weeks begin on Mondays. */
export var Period;
(function (Period) {
    /** A day. It has 23 or 25 hours where clocks change. */
    Period["Day"] = "DAY";
    /** An hour. Where clocks go back, there are two of one name. */
    Period["Hour"] = "HOUR";
    /** A month. */
    Period["Month"] = "MONTH";
    /** Three months, from January, April, July or October on. */
    Period["Quarter"] = "QUARTER";
    /** A week, from Monday to Sunday. */
    Period["Week"] = "WEEK";
    /** A year. */
    Period["Year"] = "YEAR";
})(Period || (Period = {}));
/** What there is of a version of a read model. */
export var ProjectionState;
(function (ProjectionState) {
    /** Its own table; queries read that of an earlier version. */
    ProjectionState["Aside"] = "ASIDE";
    /** Its own table, which is what queries read. */
    ProjectionState["Live"] = "LIVE";
    /** No table yet; queries read that of an earlier version. */
    ProjectionState["Unbuilt"] = "UNBUILT";
})(ProjectionState || (ProjectionState = {}));
/** The fields by which `receipts` can be put in order or grouped. */
export var ReceiptField;
(function (ReceiptField) {
    /** All that was received. */
    ReceiptField["AmountMinor"] = "AMOUNT_MINOR";
    /** Which capture of it. */
    ReceiptField["CaptureId"] = "CAPTURE_ID";
    /** The currency. */
    ReceiptField["Currency"] = "CURRENCY";
    /** Who owed it. */
    ReceiptField["CustomerId"] = "CUSTOMER_ID";
    /** The receipt. */
    ReceiptField["Id"] = "ID";
    /** For which invoice. */
    ReceiptField["InvoiceId"] = "INVOICE_ID";
    /** The invoice's number, as printed. */
    ReceiptField["InvoiceNumber"] = "INVOICE_NUMBER";
    /** The day of issue. */
    ReceiptField["IssuedOn"] = "ISSUED_ON";
    /** The number, as printed. */
    ReceiptField["Number"] = "NUMBER";
    /** Of which payment. */
    ReceiptField["PaymentId"] = "PAYMENT_ID";
})(ReceiptField || (ReceiptField = {}));
/** The fields by which `dailyRevenue` can be put in order or grouped. */
export var RevenueDayField;
(function (RevenueDayField) {
    /** What they came to before tax. */
    RevenueDayField["BilledNetMinor"] = "BILLED_NET_MINOR";
    /** The tax on them. */
    RevenueDayField["BilledTaxMinor"] = "BILLED_TAX_MINOR";
    /** What payments settled, less what left again. */
    RevenueDayField["CollectedMinor"] = "COLLECTED_MINOR";
    /** What was credited before tax. */
    RevenueDayField["CreditedNetMinor"] = "CREDITED_NET_MINOR";
    /** The tax on it. */
    RevenueDayField["CreditedTaxMinor"] = "CREDITED_TAX_MINOR";
    /** The currency of every amount. */
    RevenueDayField["Currency"] = "CURRENCY";
    /** The day. */
    RevenueDayField["Day"] = "DAY";
    /** How many invoices were issued. */
    RevenueDayField["InvoicesIssued"] = "INVOICES_ISSUED";
    /** How many invoices were declared void. */
    RevenueDayField["InvoicesVoided"] = "INVOICES_VOIDED";
    /** What those had come to before tax. */
    RevenueDayField["VoidedNetMinor"] = "VOIDED_NET_MINOR";
    /** The tax on those. */
    RevenueDayField["VoidedTaxMinor"] = "VOIDED_TAX_MINOR";
    /** What was given up, with tax. */
    RevenueDayField["WrittenOffMinor"] = "WRITTEN_OFF_MINOR";
})(RevenueDayField || (RevenueDayField = {}));
/** The fields by which `walletStatement` can be put in order or grouped. */
export var WalletEntryField;
(function (WalletEntryField) {
    /** What moved: into the wallet, or out of it if below zero. */
    WalletEntryField["AmountMinor"] = "AMOUNT_MINOR";
    /** The balance after it. */
    WalletEntryField["BalanceMinor"] = "BALANCE_MINOR";
    /** When it was booked. */
    WalletEntryField["BookedAt"] = "BOOKED_AT";
    /** The account on the other side. */
    WalletEntryField["ContraAccount"] = "CONTRA_ACCOUNT";
    /** The currency of both amounts. */
    WalletEntryField["Currency"] = "CURRENCY";
    /** The place of the booking in the wallet's life; later ones are higher. */
    WalletEntryField["Entry"] = "ENTRY";
    /** Which way the money went. */
    WalletEntryField["Kind"] = "KIND";
    /** What the booking is called. */
    WalletEntryField["Reference"] = "REFERENCE";
    /** The wallet. */
    WalletEntryField["WalletId"] = "WALLET_ID";
})(WalletEntryField || (WalletEntryField = {}));
/** Which way the money of a booking went. */
export var WalletEntryKind;
(function (WalletEntryKind) {
    /** Out, of what had been held. */
    WalletEntryKind["Capture"] = "CAPTURE";
    /** In. */
    WalletEntryKind["Credit"] = "CREDIT";
    /** Out. */
    WalletEntryKind["Debit"] = "DEBIT";
})(WalletEntryKind || (WalletEntryKind = {}));
/** The fields by which `wallets` can be put in order or grouped. */
export var WalletField;
(function (WalletField) {
    /** What can be booked out or held. */
    WalletField["AvailableMinor"] = "AVAILABLE_MINOR";
    /** When it was last booked on. */
    WalletField["BookedAt"] = "BOOKED_AT";
    /** How many bookings there are. */
    WalletField["Bookings"] = "BOOKINGS";
    /** The currency of every amount. */
    WalletField["Currency"] = "CURRENCY";
    /** Whose money it is. */
    WalletField["CustomerId"] = "CUSTOMER_ID";
    /** What is promised of it. */
    WalletField["HeldMinor"] = "HELD_MINOR";
    /** The wallet. */
    WalletField["Id"] = "ID";
    /** When it was opened. */
    WalletField["OpenedAt"] = "OPENED_AT";
    /** How far below zero it may go. */
    WalletField["OverdraftMinor"] = "OVERDRAFT_MINOR";
    /** The balance. */
    WalletField["PostedMinor"] = "POSTED_MINOR";
    /** Whether it can be booked on. */
    WalletField["Status"] = "STATUS";
})(WalletField || (WalletField = {}));
/** Whether a wallet can be booked on. */
export var WalletStatus;
(function (WalletStatus) {
    /** Never again. */
    WalletStatus["Closed"] = "CLOSED";
    /** Not for the time being. */
    WalletStatus["Frozen"] = "FROZEN";
    /** It can. */
    WalletStatus["Open"] = "OPEN";
})(WalletStatus || (WalletStatus = {}));
export const DueFragmentDoc = { "kind": "Document", "definitions": [{ "kind": "FragmentDefinition", "name": { "kind": "Name", "value": "Due" }, "typeCondition": { "kind": "NamedType", "name": { "kind": "Name", "value": "Invoice" } }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "id" } }, { "kind": "Field", "name": { "kind": "Name", "value": "number" } }, { "kind": "Field", "name": { "kind": "Name", "value": "status" } }, { "kind": "Field", "name": { "kind": "Name", "value": "dueOn" } }, { "kind": "Field", "name": { "kind": "Name", "value": "dueMinor" } }] } }] };
export const DashboardDocument = { "kind": "Document", "definitions": [{ "kind": "OperationDefinition", "operation": "query", "name": { "kind": "Name", "value": "Dashboard" }, "variableDefinitions": [{ "kind": "VariableDefinition", "variable": { "kind": "Variable", "name": { "kind": "Name", "value": "filter" } }, "type": { "kind": "NamedType", "name": { "kind": "Name", "value": "InvoiceFilter" } } }, { "kind": "VariableDefinition", "variable": { "kind": "Variable", "name": { "kind": "Name", "value": "first" } }, "type": { "kind": "NonNullType", "type": { "kind": "NamedType", "name": { "kind": "Name", "value": "Int" } } } }], "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "invoices" }, "arguments": [{ "kind": "Argument", "name": { "kind": "Name", "value": "filter" }, "value": { "kind": "Variable", "name": { "kind": "Name", "value": "filter" } } }, { "kind": "Argument", "name": { "kind": "Name", "value": "orderBy" }, "value": { "kind": "ListValue", "values": [{ "kind": "ObjectValue", "fields": [{ "kind": "ObjectField", "name": { "kind": "Name", "value": "field" }, "value": { "kind": "EnumValue", "value": "DUE_ON" } }] }, { "kind": "ObjectValue", "fields": [{ "kind": "ObjectField", "name": { "kind": "Name", "value": "field" }, "value": { "kind": "EnumValue", "value": "TOTAL_MINOR" } }, { "kind": "ObjectField", "name": { "kind": "Name", "value": "direction" }, "value": { "kind": "EnumValue", "value": "DESC" } }] }] } }, { "kind": "Argument", "name": { "kind": "Name", "value": "first" }, "value": { "kind": "Variable", "name": { "kind": "Name", "value": "first" } } }], "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "totalCount" } }, { "kind": "Field", "name": { "kind": "Name", "value": "nodes" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "FragmentSpread", "name": { "kind": "Name", "value": "Due" } }, { "kind": "Field", "name": { "kind": "Name", "value": "customer" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "name" } }, { "kind": "Field", "name": { "kind": "Name", "value": "status" } }] } }, { "kind": "Field", "name": { "kind": "Name", "value": "lines" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "description" } }, { "kind": "Field", "name": { "kind": "Name", "value": "net" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "minor" } }, { "kind": "Field", "name": { "kind": "Name", "value": "currency" } }] } }] } }] } }, { "kind": "Field", "name": { "kind": "Name", "value": "pageInfo" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "hasNextPage" } }, { "kind": "Field", "name": { "kind": "Name", "value": "endCursor" } }] } }] } }, { "kind": "Field", "name": { "kind": "Name", "value": "invoiceGroups" }, "arguments": [{ "kind": "Argument", "name": { "kind": "Name", "value": "filter" }, "value": { "kind": "Variable", "name": { "kind": "Name", "value": "filter" } } }, { "kind": "Argument", "name": { "kind": "Name", "value": "by" }, "value": { "kind": "ListValue", "values": [{ "kind": "ObjectValue", "fields": [{ "kind": "ObjectField", "name": { "kind": "Name", "value": "field" }, "value": { "kind": "EnumValue", "value": "CURRENCY" } }] }, { "kind": "ObjectValue", "fields": [{ "kind": "ObjectField", "name": { "kind": "Name", "value": "field" }, "value": { "kind": "EnumValue", "value": "STATUS" } }] }] } }], "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "nodes" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "key" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "currency" } }, { "kind": "Field", "name": { "kind": "Name", "value": "status" } }] } }, { "kind": "Field", "name": { "kind": "Name", "value": "count" } }, { "kind": "Field", "name": { "kind": "Name", "value": "sum" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "dueMinor" } }] } }, { "kind": "Field", "name": { "kind": "Name", "value": "avg" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "totalMinor" } }] } }] } }] } }] } }, { "kind": "FragmentDefinition", "name": { "kind": "Name", "value": "Due" }, "typeCondition": { "kind": "NamedType", "name": { "kind": "Name", "value": "Invoice" } }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "id" } }, { "kind": "Field", "name": { "kind": "Name", "value": "number" } }, { "kind": "Field", "name": { "kind": "Name", "value": "status" } }, { "kind": "Field", "name": { "kind": "Name", "value": "dueOn" } }, { "kind": "Field", "name": { "kind": "Name", "value": "dueMinor" } }] } }] };
export const CustomersDocument = { "kind": "Document", "definitions": [{ "kind": "OperationDefinition", "operation": "query", "name": { "kind": "Name", "value": "Customers" }, "variableDefinitions": [{ "kind": "VariableDefinition", "variable": { "kind": "Variable", "name": { "kind": "Name", "value": "first" } }, "type": { "kind": "NonNullType", "type": { "kind": "NamedType", "name": { "kind": "Name", "value": "Int" } } } }, { "kind": "VariableDefinition", "variable": { "kind": "Variable", "name": { "kind": "Name", "value": "after" } }, "type": { "kind": "NamedType", "name": { "kind": "Name", "value": "String" } } }], "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "customers" }, "arguments": [{ "kind": "Argument", "name": { "kind": "Name", "value": "orderBy" }, "value": { "kind": "ListValue", "values": [{ "kind": "ObjectValue", "fields": [{ "kind": "ObjectField", "name": { "kind": "Name", "value": "field" }, "value": { "kind": "EnumValue", "value": "OPENED_AT" } }, { "kind": "ObjectField", "name": { "kind": "Name", "value": "direction" }, "value": { "kind": "EnumValue", "value": "DESC" } }] }] } }, { "kind": "Argument", "name": { "kind": "Name", "value": "first" }, "value": { "kind": "Variable", "name": { "kind": "Name", "value": "first" } } }, { "kind": "Argument", "name": { "kind": "Name", "value": "after" }, "value": { "kind": "Variable", "name": { "kind": "Name", "value": "after" } } }], "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "edges" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "cursor" } }, { "kind": "Field", "name": { "kind": "Name", "value": "node" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "id" } }, { "kind": "Field", "name": { "kind": "Name", "value": "name" } }] } }] } }, { "kind": "Field", "name": { "kind": "Name", "value": "pageInfo" }, "selectionSet": { "kind": "SelectionSet", "selections": [{ "kind": "Field", "name": { "kind": "Name", "value": "hasNextPage" } }, { "kind": "Field", "name": { "kind": "Name", "value": "endCursor" } }] } }] } }] } }] };
