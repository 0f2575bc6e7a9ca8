//! Queries of makers: brands, pictures, profiles, clients, models, slots, and the catalogue with its prices.
//!
//! Not here: devices. Invariant: none of these tables is sharded, but for the slots that a changed price concerns.

macro_rules! maker_queries {
    ([$($before:tt)*] $($rest:ident)*) => { query_lists! { [$($before)*
        ClientsRestricted = "SELECT id, state, generation FROM client /*lite INDEXED BY client_restricted */ WHERE generation > 0";
        MakerByName = "SELECT id, name FROM maker WHERE name = $1";
        MakerById = "SELECT id, name FROM maker WHERE id = $1";
        MakerPut = "INSERT INTO maker (id, name) VALUES ($1, $2)";
        BrandOfMaker = "SELECT logo, accent, privacy_url, terms_url, withdrawal_url, contact_url, imprint, sender_name, sender_address,
            reply_to FROM brand WHERE maker = $1";
        BrandPut = "INSERT INTO brand (maker, logo, accent, privacy_url, terms_url, withdrawal_url, contact_url, imprint, sender_name,
            sender_address, reply_to) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (maker) DO UPDATE SET
            logo = excluded.logo, accent = excluded.accent, privacy_url = excluded.privacy_url, terms_url = excluded.terms_url,
            withdrawal_url = excluded.withdrawal_url, contact_url = excluded.contact_url, imprint = excluded.imprint,
            sender_name = excluded.sender_name, sender_address = excluded.sender_address, reply_to = excluded.reply_to";
        PictureByHash = "SELECT hash, format, bytes FROM picture WHERE hash = $1";
        PicturePut = "INSERT INTO picture (hash, format, bytes) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING";
        ProfileByName = "SELECT id, maker, name, privacy_url FROM profile WHERE maker = $1 AND name = $2";
        ProfileById = "SELECT id, maker, name, privacy_url FROM profile WHERE id = $1";
        ProfilePut = "INSERT INTO profile (id, maker, name, privacy_url) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, privacy_url = excluded.privacy_url";
        ClientById = concat!("SELECT ", client_columns!(), ", ", access_version!(),
            " FROM client c JOIN profile p ON p.id = c.profile WHERE c.id = $1");
        ClientForUpdate = concat!("SELECT ", client_columns!(), "
            FROM client c JOIN profile p ON p.id = c.profile WHERE c.id = $1 /*pg FOR UPDATE OF c */");
        ClientLastOrdinal = "SELECT ordinal FROM client WHERE profile = $1 AND kind = $2 ORDER BY ordinal DESC LIMIT 1";
        ClientPut = "INSERT INTO client (id, profile, kind, ordinal, secret_hash, redirect_uris, mode) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET secret_hash = excluded.secret_hash, redirect_uris = excluded.redirect_uris,
            mode = excluded.mode";
        ModelById = concat!("SELECT ", model_columns!(), " FROM model WHERE id = $1");
        ModelByCode = concat!("SELECT ", model_columns!(), " FROM model WHERE maker = $1 AND code = $2");
        ModelByComposite = concat!("SELECT ", model_columns!(), " FROM model WHERE composite = $1");
        ModelPut = concat!("INSERT INTO model (", model_columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, live = excluded.live, composite = excluded.composite,
            takeover = excluded.takeover, picture = excluded.picture, translations = excluded.translations");
        SlotsOfModel = "SELECT id, name, unit, products, translations FROM slot WHERE model = $1 ORDER BY position, id";
        SlotPut = "INSERT INTO slot (model, id, position, name, unit, products, translations) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (model, id) DO UPDATE SET position = excluded.position, name = excluded.name, unit = excluded.unit,
            products = excluded.products, translations = excluded.translations";
        ProductByAsin = concat!("SELECT ", product_columns!(), " FROM product WHERE asin = $1");
        ProductPut = concat!("INSERT INTO product (", product_columns!(), ")
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (asin) DO UPDATE SET title = excluded.title,
            price_minor = excluded.price_minor, currency = excluded.currency, quantity = excluded.quantity,
            unit = excluded.unit, available = excluded.available, sku = excluded.sku, picture = excluded.picture,
            shipping_minor = excluded.shipping_minor,
            tax_rate = excluded.tax_rate, unit_content = excluded.unit_content, unit_per = excluded.unit_per,
            unit_of = excluded.unit_of, translations = excluded.translations");
        MakerAfter = "SELECT id, name FROM maker WHERE id > $1 ORDER BY id LIMIT $2";
        ProductAfter = concat!("SELECT ", product_columns!(), " FROM product
            WHERE asin > $1 ORDER BY asin LIMIT $2");
        MessageVersionPut = "INSERT INTO model_message (model, kind, version) VALUES ($1, $2, $3)
            ON CONFLICT (model, kind) DO UPDATE SET version = excluded.version";
        MessageVersionGet = "SELECT version FROM model_message WHERE model = $1 AND kind = $2";
        ModelAfter = concat!("SELECT ", model_columns!(), " FROM model WHERE id > $1 ORDER BY id LIMIT $2");
        ProfileAfter = "SELECT id, maker, name, privacy_url FROM profile WHERE id > $1 ORDER BY id LIMIT $2";
        ClientsOfProfile = concat!("SELECT ", client_columns!(), "
            FROM client c JOIN profile p ON p.id = c.profile WHERE c.profile = $1 ORDER BY c.kind, c.ordinal");
        ClientMode = "UPDATE client SET mode = $2 WHERE id = $1";
        ClientAccess = "UPDATE client SET state = $2, generation = $3 WHERE id = $1";
        ClientSecrets = "UPDATE client SET secret_hash = $2, former_secret_hash = $3 WHERE id = $1";
        /// Until the first customer is notified, the first price stays: several changes count as one.
        PriceChangePut = "INSERT INTO price_change (asin, before_minor, before_currency, changed_at, last_shard, last_device, last_slot)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (asin) DO UPDATE SET
            before_minor = CASE WHEN price_change.last_shard < 0 THEN price_change.before_minor ELSE excluded.before_minor END,
            before_currency = CASE WHEN price_change.last_shard < 0 THEN price_change.before_currency ELSE excluded.before_currency END,
            changed_at = excluded.changed_at, last_shard = excluded.last_shard, last_device = excluded.last_device,
            last_slot = excluded.last_slot";
        PriceChangeNext = "SELECT asin FROM price_change WHERE changed_at <= $1 ORDER BY changed_at LIMIT 1";
        PriceChangeGet = "SELECT before_minor, before_currency, last_shard, last_device, last_slot FROM price_change
            WHERE asin = $1 /*pg FOR UPDATE */";
        PriceChangeMove = "UPDATE price_change SET last_shard = $2, last_device = $3, last_slot = $4 WHERE asin = $1";
        PriceChangeDone = "DELETE FROM price_change WHERE asin = $1";
        /// Slots that reorder a product, in batches, with what their customers agreed to.
        SlotsOfProduct = "SELECT s.shard, s.slot, CASE WHEN s.agreed_asin = s.asin THEN s.agreed_asin END, s.agreed_minor,
            s.agreed_currency, s.agreed_at, r.rules, d.id, d.customer, d.test, COALESCE(d.deregistered_at, d.suspended_at)
            FROM subscription s JOIN device d ON d.shard = s.shard AND d.id = s.device
            LEFT JOIN rule r ON r.shard = s.shard AND r.device = s.device AND r.slot = s.slot
            WHERE s.asin = $1 AND s.active AND (s.shard, s.device, s.slot) > ($2, $3, $4)
            ORDER BY s.shard, s.device, s.slot LIMIT $5";
    ] $($rest)* } };
}
