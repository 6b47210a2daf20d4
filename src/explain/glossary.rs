//! Headings, columns and fixed words of the report, each in a sentence or two.

/// Every one, as it is printed.
pub const WORDS: &[(&str, &str)] = &[
    // Headings, in the order of the report.
    (
        "Know before you act",
        "Warnings of this run that bear on the orders: what was assumed, what is old, what a sale may cost beyond its tax. Each has a name in brackets with --json, and `broaden explain NAME` says more.",
    ),
    (
        "What you own",
        "The household before any order, after deposits and withdrawals of this run, funds looked through: how much is in each capped theme, issuer and sector, beside the benchmark and your limits.",
    ),
    (
        "What may be broken",
        "Caps that what is known keeps, and that what is not known (unclassified holdings, funds of which not every name is known) may break.",
    ),
    (
        "What it would take",
        "How much must be sold in all to be inside every limit, in how many runs, and between what its tax lies while something is not known. Each end is planned as if it were so. `broaden setup PATH` asks for what would narrow it.",
    ),
    (
        "What the market says",
        "The strength of the rotation, from 0 to 1, with its signals: the value, where it lies on its ramp, score x weight = its part, and the day it is of. Then the score, the brakes, and which sleeves take part.",
    ),
    (
        "Market data that are missing",
        "Files that signals, brakes, drivers or sleeves of your config want and the market folder lacks. Without its data a signal has no say, and with too few there is no rotation.",
    ),
    (
        "Shown and left alone",
        "Holdings that are shown and counted where that is unambiguous, and never traded: options, bonds, crypto, foreign lines, what has no price.",
    ),
    ("What changes", "Each limit that asks for trades or moves by half a point, before and after the orders."),
    (
        "What was left",
        "What the orders do not reach: limits that stay exceeded, sleeves that stay short, cash that is short, and which limits stop the plan from doing more. Nothing is left where every limit holds.",
    ),
    (
        "What is not sold",
        "Why the obvious is not sold: the largest parts of an exceeded cap of which little or nothing is sold, and lots that would cost less but are not for sale.",
    ),
    ("Bought beyond its target", "Sleeves of which the smallest order, or a whole share, is more than the target."),
    (
        "What the same money would do otherwise",
        "Other plans beside this one: all of it in this run whatever bounds a run, only accounts that are not taxed, and nothing. They are solved in fractions of shares, this plan in whole ones.",
    ),
    (
        "How fast",
        "What the whole way to the limits costs when it is to be done by another day: all of it now, at each end of January before the plan's own day, and never. A later day is shown where the plan took the last that it chooses unasked and more than 0.05% of the household is saved by it. Tax of all years, the price of waiting until that day (and of a year from then on, where something is left), and what must then still be sold, in fractions of shares.",
    ),
    (
        "Doing nothing",
        "What stays as it is without the orders, and what a 20% fall of the leading theme would then cost, instead of after them.",
    ),
    (
        "Reversing this",
        "What it would cost to buy back what is sold and sell what is bought: the tax is not given back, and the spread is paid again.",
    ),
    (
        "What could not be traded",
        "Holdings that a limit would have sold or bought and that cannot be: without a price, a cost or a menu that has them.",
    ),
    (
        "How your files were read",
        "What was taken from names, assumed or left out of your files, each with the line that would change it.",
    ),
    (
        "The route",
        "The runs until every limit holds or the date of `[route]`: how much must be sold in all, the tax by calendar year, what comes free first, and which lots wait for what. This run's orders are its first stage.",
    ),
    (
        "What if",
        "What was asked for this run only (--set, --without, --keep, --only, --deposit, --withdraw), beside the plan as it is without: tax, the leading theme, orders, and the lines that differ. Nothing of it is kept.",
    ),
    (
        "Your decisions",
        "Lines that you accepted, rejected, put off or gave another quantity, what that costs beside the plan as it was proposed, and which other lines changed because of it.",
    ),
    (
        "Since an earlier proposal",
        "What differs from the run whose JSON --diff names: orders that are new, gone or changed, each with its reason, what became of the earlier orders by the recorded trades, and how caps drifted.",
    ),
    (
        "Do not buy",
        "Tickers that must not be bought until a date, in any account of the household, since they, or something substantially identical, are sold at a loss: a purchase within 30 days before or after makes the loss a wash sale (IRC 1091).",
    ),
    (
        "What to do",
        "The orders, by account, sales first. Below each: why, what the lot costs in tax per dollar sold, and in brackets the name of the line (for --accept, --reject, --later, --quantity) with the rules that ask for it.",
    ),
    (
        "In short",
        "What all orders come to, what they bring of the leading theme, what stays over its limit and how long the rest takes, and what must not be bought meanwhile.",
    ),
    // Headings for those who look closer.
    (
        "What would make this plan wrong",
        "Assumptions of the plan, each with the dollars that hang on it: prices, dates and costs that are not known, rates.",
    ),
    ("The price ladder", "What each further point of a cap would cost in tax, by solving again at every point."),
    ("What did not fire", "Rules that ask for nothing now, the nearest to asking first."),
    ("What did not fire, the nearest first", "Rules that ask for nothing now, the nearest to asking first."),
    (
        "Files read",
        "Every file of the run with its SHA-256, the digest of the effective config, and what solved the plan: what it takes to get the same answer again.",
    ),
    // Columns.
    ("you", "The share of all you own, every account together, funds looked through."),
    ("limit", "The most that is allowed: a cap of your config, at the strength of today where it moves with it."),
    ("before", "Before the orders."),
    ("after", "After the orders, recomputed from whole shares."),
    ("save as", "The name to give the file in the market folder; any name does, files are known by content."),
    (
        "for, and its part of the strength",
        "Which signals, brakes, drivers and sleeves want the file, and how much of the rotation's strength hangs on it.",
    ),
    ("site", "Where the file is to be had by hand; `broaden fetch` gets most of them."),
    ("sells", "Dollars sold."),
    ("buys", "Dollars bought, with the proceeds of sales and cash above the reserve."),
    (
        "furthest over",
        "Dollars by which the limit that is exceeded most stays exceeded: one dollar sold may serve several limits, so they are not summed.",
    ),
    ("sleeves short", "Dollars that sleeves lack of what they are brought to."),
    ("last run", "The day of the last run that trades; none where none does."),
    (
        "waiting",
        "What it is priced at that dollars which must be sold are not sold yet: a risk in dollars, not a cost that anyone is billed.",
    ),
    ("to sell", "The least dollars that must be sold to be inside every limit, each once, before the orders."),
    ("still to sell", "The least dollars that must then still be sold to be inside every limit, each once."),
    ("account", "The end of the account's number and its name; `[accounts]` says what the files do not."),
    ("holding", "A ticker, or the name where there is none."),
    ("read as", "How the account is taken to be taxed: taxable, traditional, roth, hsa or 401k."),
    ("shares", "Shares of the order, whole unless the account trades fractions."),
    ("price", "The price the plan reckons with: the latest close or the price of your export."),
    ("value", "Shares times price."),
    (
        "lot",
        "The day on which what is sold was bought, and what its sale realises. Tell the broker which lot, by \"specific identification\", or it sells another.",
    ),
    ("order", "All lines of a ticker on one side in one account."),
    ("line", "A part of an order that can be decided by itself: the sale of a lot, or a purchase."),
    ("proposed", "Shares as they were proposed."),
    ("now", "Shares in the plan around your decisions."),
    ("done", "Shares by the recorded trades (trades.csv) since the earlier proposal."),
    ("as proposed", "The plan before your decisions."),
    ("as decided", "The plan around your decisions."),
    ("more", "The second figure less the first."),
    ("as it is", "The plan without what is asked for this run only."),
    ("file", "A file of the run, as it was named."),
    ("role", "What the file was read as: holdings, lots, trades, market, funds or config."),
    ("SHA-256", "The digest of the file's bytes: two files with one digest are the same file."),
    // Fixed words.
    ("through funds", "The part of the line above that is held through funds and not directly."),
    ("largest issuer", "The company, with all its share classes, of which you own most, funds looked through."),
    (
        "effective number of issuers",
        "One over the sum of squared weights of all issuers: how many equal holdings would be as concentrated.",
    ),
    ("known by name or fund", "The share of value of which it is known what it is."),
    (
        "tax per dollar sold",
        "What the sale of a dollar of the lot costs in tax, at the marginal rate of its class, before gains and losses are netted: rate x (price - cost of a share) / price. With filing status and income it is what the lot adds to the tax of the year. Negative for a loss.",
    ),
    (
        "next lot",
        "The cheapest lot of the same ticker, anywhere in the household, that is for sale and left: what the next dollar would cost.",
    ),
    ("cash after", "Cash of the account after its orders and their costs."),
    (
        "tax saved",
        "A negative tax: losses that are realised reduce the tax on other gains or, up to a limit, on income.",
    ),
    ("strength", "How far the rotation has gone, from 0 (none) to 1: `broaden explain rotation`."),
    ("score", "The weighted sum of the signals, each from 0 to 1, before the brakes."),
    ("sleeve", "A cyclical fund that the rotation buys: `[sleeve.*]` of the config."),
    ("tech", "The theme `tech-broad`: `broaden explain theme`."),
    ("point", "A percentage point: from 50% to 49% is one point."),
];
