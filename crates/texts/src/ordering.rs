//! The texts of what a customer does about orders besides rules: order by hand, skip the next order, pause all orders.

use super::Text;

/// Texts of orders by hand, of a skipped order and of the pause of all orders.
pub struct OrderingTexts {
    /// Title of the fold in which a customer orders by hand.
    pub order_now: Text,
    /// Explains that.
    pub order_now_about: Text,
    /// In place of the button, if there is no address.
    pub order_now_no_address: Text,
    /// Where such an order is shipped.
    pub order_now_to: fn(address: &str) -> String,
    /// Notice after such an order, if another one was open.
    pub already_open: Text,
    /// Confirms that an order was placed by hand.
    pub placed: Text,
    /// Button that skips the next order of a slot.
    pub skip: Text,
    /// Button that takes that back.
    pub keep: Text,
    /// Rule in a summary: the next order is skipped.
    pub rule_skip: Text,
    /// Confirms that the next order is skipped.
    pub skipped: Text,
    /// Confirms that it is not.
    pub kept: Text,
    /// Link to the newest orders of a device.
    pub newest_orders: Text,
    /// Link to older orders of a device.
    pub older_orders: Text,
    /// Heading of the pause of all orders.
    pub pause_all: Text,
    /// Explains it.
    pub pause_about: Text,
    /// Title of the fold with its form.
    pub pause_choose: Text,
    /// Button that begins it.
    pub pause_button: Text,
    /// The present pause. `from` and `until` are its first and its last day.
    pub paused: fn(from: &str, until: &str) -> String,
    /// In place of that, if only some slots are paused.
    pub partly_paused: Text,
    /// What the end of the pause does.
    pub resume_about: Text,
    /// State of a slot or device for which nothing is ordered now.
    pub paused_state: Text,
    /// Button that ends every pause.
    pub resume: Text,
    /// Confirms that all orders are paused.
    pub pause_saved: Text,
    /// Confirms that no order is paused.
    pub pause_ended: Text,
}
