//! The GraphQL operations of Vendure 3's Admin API, and the shapes of the responses.
//!
//! Invariant: every requested field is read. Amounts are whole numbers with as many decimals as the shop's
//! `moneyStrategyPrecision` states, whatever the currency.

use super::admin_api::GraphqlOperation;
use opendrs_domain::money::Money;
use serde::Deserialize;

macro_rules! found {
    () => {
        "fragment Found on Order { id code state totalWithTax currencyCode
           payments { id transactionId amount state refunds { id state total } } fulfillments { trackingCode method } }"
    };
}

pub(super) use found;

/// Both ways to find an order again: by our payment, and by the code that was recorded when its draft was made.
macro_rules! both_ways {
    () => {
        "paid: orders(options: { filter: { transactionId: { eq: $id } }, take: 10 }) { items { ...Found } }
         begun: orders(options: { filter: { code: { eq: $code } }, take: 1 }) { items { ...Found } }"
    };
}

/// Queries an order, its product and its customer.
pub(super) const LOOK: GraphqlOperation = GraphqlOperation {
    name: "Look",
    text: concat!(
        "query Look($id: String!, $code: String!, $sku: String!, $email: String!) { ",
        both_ways!(),
        " variants: productVariants(options: { filter: { sku: { eq: $sku } }, take: 10 }) {
             items { id enabled product { enabled } stockLevel priceWithTax currencyCode } }
           customers(options: { filter: { emailAddress: { eq: $email } }, take: 1 }) { items { id } }
           globalSettings { serverConfig { moneyStrategyPrecision } } } ",
        found!()
    ),
};

/// Queries the shipping methods with their prices.
pub(super) const QUOTE: GraphqlOperation = GraphqlOperation {
    name: "Quote",
    text: "query Quote($input: TestEligibleShippingMethodsInput!) {
        methods: testEligibleShippingMethods(input: $input) { id code priceWithTax } }",
};

/// Makes an empty draft.
pub(super) const BEGIN: GraphqlOperation =
    GraphqlOperation { name: "Begin", text: "mutation Begin { draft: createDraftOrder { id code } }" };

/// Queries an order of ours, and the newest drafts.
pub(super) const LOST: GraphqlOperation = GraphqlOperation {
    name: "Lost",
    text: "query Lost($code: String!) {
        own: orders(options: { filter: { code: { eq: $code } }, take: 1 }) { items { ...Drafted } }
        drafts: orders(options: { filter: { state: { eq: \"Draft\" } }, sort: { createdAt: DESC }, take: 100 }) {
          items { ...Drafted } } }
      fragment Drafted on Order { id code createdAt totalQuantity customer { id }
        history(options: { take: 1 }) { items { administrator { id } } } }",
};

/// Sets the customer, address, items and shipping method of a draft.
pub(super) const FILL: GraphqlOperation = GraphqlOperation {
    name: "Fill",
    text: "mutation Fill($id: ID!, $customer: ID, $person: CreateCustomerInput, $address: CreateAddressInput!,
          $item: AddItemToDraftOrderInput!, $method: ID!) {
        customer: setCustomerForDraftOrder(orderId: $id, customerId: $customer, input: $person) {
          ... on ErrorResult { errorCode message } }
        address: setDraftOrderShippingAddress(orderId: $id, input: $address) { id }
        item: addItemToDraftOrder(orderId: $id, input: $item) { ... on ErrorResult { errorCode message } }
        shipping: setDraftOrderShippingMethod(orderId: $id, shippingMethodId: $method) {
          ... on ErrorResult { errorCode message } ... on Order { totalWithTax currencyCode } } }",
};

/// Adds the payment, which completes the draft.
pub(super) const PAY: GraphqlOperation = GraphqlOperation {
    name: "Pay",
    text: r#"mutation Pay($id: ID!, $payment: ManualPaymentInput!) {
        arrange: transitionOrderToState(id: $id, state: "ArrangingPayment") {
          ... on ErrorResult { errorCode message } ... on OrderStateTransitionError { transitionError } }
        pay: addManualPaymentToOrder(input: $payment) {
          ... on ErrorResult { errorCode message } ... on Order { state } } }"#,
};

/// Moves an order to another state.
pub(super) const MOVE: GraphqlOperation = GraphqlOperation {
    name: "Move",
    text: "mutation Move($id: ID!, $state: String!) { moved: transitionOrderToState(id: $id, state: $state) {
        ... on ErrorResult { errorCode message } ... on OrderStateTransitionError { transitionError } } }",
};

/// Removes a draft.
pub(super) const DISCARD: GraphqlOperation = GraphqlOperation {
    name: "Discard",
    text: "mutation Discard($id: ID!) { gone: deleteDraftOrder(orderId: $id) { result message } }",
};

/// Queries an order that is to be cancelled.
pub(super) const SEEK: GraphqlOperation = GraphqlOperation {
    name: "Seek",
    text: concat!("query Seek($id: String!, $code: String!) { ", both_ways!(), " } ", found!()),
};

/// Cancels a completed order.
pub(super) const CANCEL: GraphqlOperation = GraphqlOperation {
    name: "Cancel",
    text: "mutation Cancel($input: CancelOrderInput!) { cancelled: cancelOrder(input: $input) {
        ... on ErrorResult { errorCode message } ... on OrderStateTransitionError { transitionError } } }",
};

/// Records a refund in the shop's books.
pub(super) const REFUND: GraphqlOperation = GraphqlOperation {
    name: "Refund",
    text: "mutation Refund($input: RefundOrderInput!) { refund: refundOrder(input: $input) {
        ... on ErrorResult { errorCode message } ... on Refund { id state } } }",
};

/// Settles a refund that waits for confirmation.
pub(super) const SETTLE: GraphqlOperation = GraphqlOperation {
    name: "Settle",
    text: "mutation Settle($input: SettleRefundInput!) { settled: settleRefund(input: $input) {
        ... on ErrorResult { errorCode message } } }",
};

/// Queries the states of orders.
pub(super) const WATCH: GraphqlOperation = GraphqlOperation {
    name: "Watch",
    text: concat!(
        "query Watch($codes: [String!]!) {
           orders(options: { filter: { code: { in: $codes } }, take: 100 }) { items { ...Found } } } ",
        found!()
    ),
};

/// A page of a list.
#[derive(Clone, Deserialize)]
pub(super) struct VendureList<T> {
    pub(super) items: Vec<T>,
}

/// An order in the shop.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VendureOrder {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) state: String,
    pub(super) total_with_tax: i64,
    pub(super) currency_code: String,
    pub(super) payments: Option<Vec<VendurePayment>>,
    pub(super) fulfillments: Option<Vec<VendureFulfillment>>,
}

impl VendureOrder {
    /// The payment that carries our id.
    pub(super) fn find_payment(&self, instance: &str) -> Option<&VendurePayment> {
        self.payments.iter().flatten().find(|payment| payment.transaction_id.as_deref() == Some(instance))
    }

    /// Whether the order was never completed.
    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self.state.as_str(), "Created" | "Draft" | "AddingItems" | "ArrangingPayment")
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VendurePayment {
    pub(super) id: String,
    pub(super) transaction_id: Option<String>,
    pub(super) amount: i64,
    pub(super) state: String,
    pub(super) refunds: Vec<VendureRefund>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct VendureRefund {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) total: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VendureFulfillment {
    pub(super) tracking_code: Option<String>,
    /// The shipping method as the shop's staff wrote it: the carrier.
    pub(super) method: Option<String>,
}

/// The response to [`SEEK`], and a part of that to [`LOOK`].
#[derive(Deserialize)]
pub(super) struct SeekResponse {
    pub(super) paid: VendureList<VendureOrder>,
    pub(super) begun: VendureList<VendureOrder>,
}

/// The response to [`LOOK`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LookResponse {
    #[serde(flatten)]
    pub(super) sought: SeekResponse,
    pub(super) variants: VendureList<ProductVariant>,
    pub(super) customers: VendureList<EntityId>,
    global_settings: GlobalSettings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GlobalSettings {
    server_config: VendureServerConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VendureServerConfig {
    money_strategy_precision: u32,
}

impl LookResponse {
    /// An amount in this shop's unit; `None` if it cannot be represented.
    pub(super) fn to_money(&self, amount: i64, currency: &str) -> Option<Money> {
        Money::from_scaled(amount, self.global_settings.server_config.money_strategy_precision, currency)
    }
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductVariant {
    pub(super) id: String,
    pub(super) enabled: bool,
    pub(super) product: VariantProduct,
    pub(super) stock_level: String,
    pub(super) price_with_tax: i64,
    pub(super) currency_code: String,
}

#[derive(Clone, Deserialize)]
pub(super) struct VariantProduct {
    pub(super) enabled: bool,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
pub(super) struct EntityId {
    pub(super) id: String,
}

/// The response to [`QUOTE`].
#[derive(Deserialize)]
pub(super) struct QuoteResponse {
    pub(super) methods: Vec<ShippingMethod>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShippingMethod {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) price_with_tax: i64,
}

/// The response to [`BEGIN`].
#[derive(Deserialize)]
pub(super) struct BeginResponse {
    pub(super) draft: DraftOrder,
}

#[derive(Deserialize)]
pub(super) struct DraftOrder {
    pub(super) id: String,
    pub(super) code: String,
}

/// The response to [`LOST`].
#[derive(Deserialize)]
pub(super) struct LostResponse {
    pub(super) own: VendureList<DraftDetails>,
    pub(super) drafts: VendureList<DraftDetails>,
}

/// An order, with the properties by which an empty draft and its owner are recognised.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DraftDetails {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) created_at: String,
    pub(super) total_quantity: i64,
    pub(super) customer: Option<EntityId>,
    pub(super) history: VendureList<HistoryEntry>,
}

/// The first entry in the history of an order.
#[derive(Clone, Deserialize)]
pub(super) struct HistoryEntry {
    pub(super) administrator: Option<EntityId>,
}

/// The result of one mutation of a request. An error code means that it was refused.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MutationResult {
    error_code: Option<String>,
    message: Option<String>,
    transition_error: Option<String>,
}

impl MutationResult {
    /// The code and the message of the error.
    pub(super) fn error(&self) -> Option<(&str, &str)> {
        let says = self.transition_error.as_ref().or(self.message.as_ref());
        Some((self.error_code.as_deref()?, says.map_or("", String::as_str)))
    }
}

/// The response to [`FILL`].
#[derive(Deserialize)]
pub(super) struct FillResponse {
    pub(super) customer: MutationResult,
    pub(super) item: MutationResult,
    pub(super) shipping: ShippingMethodResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShippingMethodResult {
    #[serde(flatten)]
    pub(super) step: MutationResult,
    pub(super) total_with_tax: Option<i64>,
    pub(super) currency_code: Option<String>,
}

/// The response to [`PAY`].
#[derive(Deserialize)]
pub(super) struct PayResponse {
    pub(super) arrange: MutationResult,
    pub(super) pay: PaymentResult,
}

#[derive(Deserialize)]
pub(super) struct PaymentResult {
    #[serde(flatten)]
    pub(super) step: MutationResult,
    pub(super) state: Option<String>,
}

/// The response to [`MOVE`].
#[derive(Deserialize)]
pub(super) struct MoveResponse {
    pub(super) moved: MutationResult,
}

/// The response to [`DISCARD`].
#[derive(Deserialize)]
pub(super) struct DiscardResponse {
    pub(super) gone: DeletionResult,
}

#[derive(Deserialize)]
pub(super) struct DeletionResult {
    pub(super) result: String,
    pub(super) message: Option<String>,
}

/// The response to [`CANCEL`].
#[derive(Deserialize)]
pub(super) struct CancelResponse {
    pub(super) cancelled: MutationResult,
}

/// The response to [`REFUND`].
#[derive(Deserialize)]
pub(super) struct RefundResponse {
    pub(super) refund: RefundResult,
}

#[derive(Deserialize)]
pub(super) struct RefundResult {
    #[serde(flatten)]
    pub(super) step: MutationResult,
    pub(super) id: Option<String>,
    pub(super) state: Option<String>,
}

/// The response to [`SETTLE`].
#[derive(Deserialize)]
pub(super) struct SettleResponse {
    pub(super) settled: MutationResult,
}

/// The response to [`WATCH`].
#[derive(Deserialize)]
pub(super) struct WatchResponse {
    pub(super) orders: VendureList<VendureOrder>,
}
