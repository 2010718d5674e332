package dev.isobar.pipeline;

import static dev.isobar.pipeline.Dsl.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.spec.AggregateFn;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A mistake is found at build() and named")
class MistakesTest {
    private final Source file = Source.csv("orders");
    private Stream orders = Stream.named("orders");
    private NumberColumn<Long> id;
    private Column<Instant> at;
    private Column<String> shop;
    private NumberColumn<Integer> amount;
    private NumberColumn<Double> ratio;
    private Column<String> city;
    private Stream returns = Stream.named("returns");
    private NumberColumn<Long> returned;
    private Column<Instant> seen;
    private Column<String> returnShop;
    private NumberColumn<Integer> refund;
    private Entity shops;
    private FeatureView window;
    private Training training;

    MistakesTest() {
        id = orders.int64("id");
        at = orders.timestamp("at");
        shop = orders.string("shop");
        amount = orders.int32("amount");
        ratio = orders.float64("ratio");
        city = orders.string("city");
        returned = returns.int64("order");
        seen = returns.timestamp("seen");
        returnShop = returns.string("shop");
        refund = returns.int32("refund");
        shops = Entity.named("shop").keyedBy(shop, returnShop);
        window = FeatureView.named("sales")
                .entity(shops)
                .feature("mean", mean(amount).over(hours(1)));
        training = Training.classifier("comes-back")
                .label(refund.greaterThan(0))
                .joinedOn(id)
                .algorithm(xgboost())
                .split(trainUntil("2001-02-15T00:00Z"), acceptUntil("2001-03-01T00:00Z"));
    }

    @BeforeEach
    void declare() {
        orders.from(file);
        id.id();
        at.eventTime().availableTime();
        shop.key();
        returns.from(file);
        returned.id();
        seen.eventTime().availableTime();
        returnShop.key();
    }

    private Pipeline.Builder pipeline(FeatureUse... views) {
        return Pipeline.named("shop").ingest(orders, returns).features(views).train(training);
    }

    private static IsobarException refused(Pipeline.Builder builder) {
        IsobarException e = catchThrowableOfType(IsobarException.class, builder::build);
        assertThat(e).as("a mistake was expected").isNotNull();
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_PIPELINE);
        assertThat(e.hint()).isEqualTo("Correct the definition and build it again; nothing has run.");
        return e;
    }

    /** The mistakes, one each, every one beginning with its step. */
    private static List<String> mistakes(Pipeline.Builder builder) {
        List<String> lines =
                String.valueOf(refused(builder).getMessage()).lines().toList();
        List<String> mistakes =
                lines.stream().skip(1).map(l -> l.replaceFirst("^ {2}- ", "")).toList();
        assertThat(lines.get(0))
                .contains("has " + mistakes.size() + (mistakes.size() == 1 ? " mistake:" : " mistakes:"));
        assertThat(mistakes).allMatch(m -> m.matches("(pipeline|ingest|features|train|deploy|monitor)\\b.*"));
        return mistakes;
    }

    private static void only(Pipeline.Builder builder, String sentence) {
        assertThat(mistakes(builder)).containsExactly(sentence);
    }

    private Pipeline.Builder feature(Expr<?> expression) {
        return pipeline(FeatureView.named("view").entity(shops).feature("f", expression));
    }

    private Pipeline.Builder onDemand(Expr<?> expression) {
        return pipeline(FeatureView.named("view").onDemand().feature("f", expression));
    }

    @SuppressWarnings("unchecked")
    private static <T> Expr<T> claimed(Expr<?> e) {
        return (Expr<T>) e;
    }

    private static Expr<?> tree(FieldType type, ExprSpec spec) {
        return new Node<>(type, spec);
    }

    private static final String F = "features: view 'view': feature 'f'";

    @Test
    void theFixtureItselfHasNone() {
        assertThat(pipeline(window).build().version()).hasSize(64);
    }

    // ---- names of columns, types

    @Test
    void anUnknownColumnWithTheNearestName() {
        only(
                feature(sum(MistakesTest.<Integer>claimed(orders.column("amonut", FieldType.INT32)))
                        .over(hours(1))),
                F + " reads column 'amonut', which stream 'orders' does not have; did you mean 'amount'?");
        only(
                onDemand(orders.column("colour_of_the_parcel", FieldType.INT32)),
                F + " reads column 'colour_of_the_parcel', which stream 'orders' does not have");
    }

    @Test
    void anUnknownStreamWithTheNearestName() {
        Stream order = Stream.named("order");
        only(
                feature(count(order).over(hours(1))),
                F + ": count reads stream 'order', which the pipeline does not read; did you mean 'orders'?; add it to"
                        + " .ingest(…)");
        only(
                onDemand(order.column("amount", FieldType.INT32)),
                F + " reads stream 'order', which the pipeline does not read; did you mean 'orders'?; add it to"
                        + " .ingest(…)");
    }

    @Test
    void anAggregationOfTheWrongType() {
        only(feature(sum(MistakesTest.<Integer>claimed(city)).over(hours(1))), F + ": sum cannot be taken of text");
        only(feature(share(claimed(amount)).over(hours(1))), F + ": share cannot be taken of a whole number");
        only(feature(last(at).over(hours(1))), F + ": last cannot be taken of an instant");
        only(feature(stddev(claimed(amount.isNull())).over(hours(1))), F + ": stddev cannot be taken of true/false");
    }

    @Test
    void aFunctionOfTheWrongTypes() {
        only(
                onDemand(tree(FieldType.INT64, call(Fn.ADD, city, amount))),
                F + ": ADD is not defined on text and a whole number");
        only(
                onDemand(tree(FieldType.INT64, call(Fn.DIV, ratio, amount))),
                F + ": DIV is not defined on a number and a whole number");
        only(
                onDemand(tree(FieldType.BOOL, call(Fn.LT, at, amount))),
                F + ": LT is not defined on an instant and a whole number");
        only(
                onDemand(tree(FieldType.INT64, call(Fn.IF, amount, amount, amount))),
                F + ": IF is not defined on a whole number and a whole number and a whole number");
        only(onDemand(tree(FieldType.BOOL, call(Fn.NOT, amount, amount))), F + ": NOT takes 1 arguments, not 2");
        only(onDemand(minuteOfDay(claimed(amount))), F + ": MINUTE_OF_DAY is not defined on a whole number");
    }

    private static ExprSpec call(Fn fn, Expr<?>... args) {
        return new ExprSpec.Call(
                fn, java.util.Arrays.stream(args).map(Expr::spec).toList());
    }

    @Test
    void aFeatureThatIsNoNumber() {
        only(onDemand(city), F + " gives text; a feature is a number or true/false");
        only(onDemand(at), F + " gives an instant; a feature is a number or true/false");
        only(onDemand(atZone(at, "UTC")), F + " gives a local time; a feature is a number or true/false");
    }

    @Test
    void aConstantThatIsNoneOfItsType() {
        only(
                onDemand(tree(FieldType.INT32, new ExprSpec.Lit(FieldType.INT32, "twelve"))),
                F + ": a constant is 'twelve', not a 32-bit integer");
        only(
                onDemand(at.greaterThan(Instant.MAX)),
                F + ": a constant is '+1000000000-12-31T23:59:59.999999Z', not an instant such as"
                        + " 2001-01-01T05:18:00Z");
    }

    @Test
    void aTimeZoneThatDoesNotExistWithTheNearest() {
        only(
                onDemand(minuteOfDay(atZone(at, "Europe/Berln"))),
                F + ": there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?");
        only(
                onDemand(minuteOfDay(claimed(tree(FieldType.LOCAL_TIMESTAMP, call(Fn.AT_ZONE, at, city))))),
                F + ": the zone of AT_ZONE must be a constant");
    }

    // ---- windows

    @Test
    void aWindowOnAStreamWithoutEventTime() {
        Stream clicks = Stream.named("clicks").from(file);
        clicks.int64("id").id();
        Column<String> key = clicks.string("shop").key();
        Entity both = Entity.named("shop").keyedBy(shop, key);
        assertThat(mistakes(Pipeline.named("shop")
                        .ingest(orders, clicks)
                        .decideOn(orders)
                        .features(FeatureView.named("view")
                                .entity(both)
                                .feature("f", claimed(count(clicks).over(hours(1)))))))
                .containsExactly(
                        "ingest: stream 'clicks' has no event time; mark a timestamp column with .eventTime()",
                        F
                                + ": a window over stream 'clicks' needs an event time, and the stream has none; mark a timestamp column with .eventTime()");
    }

    @Test
    void aWindowOfNoLength() {
        only(feature(claimed(count(orders).over(Duration.ZERO))), F + ": the window's length must be positive");
        only(feature(claimed(count(orders).over(Duration.ofHours(-1)))), F + ": the window's length must be positive");
        only(feature(claimed(count(orders).over(Duration.ofNanos(999)))), F + ": the window's length must be positive");
    }

    @Test
    void anAggregationInsideAnAggregation() {
        only(
                feature(claimed(sum(sum(amount).over(hours(1))).over(hours(2)))),
                F + ": an aggregation cannot stand inside another");
    }

    @Test
    void aWindowInAnOnDemandView() {
        only(
                onDemand(claimed(sum(amount).over(hours(1)))),
                F + ": sum over a window needs an entity; put it in a view with .entity(…)");
    }

    @Test
    void aWindowInAComputedColumnOrALabel() {
        orders.float64("usual").computed(sum(amount).over(hours(1)));
        only(
                pipeline(window),
                "ingest: stream 'orders': computed column 'usual': sum needs windows, which exist only in feature views");
    }

    @Test
    void aWindowInALabel() {
        training = training.label(mean(refund).over(hours(1)).greaterThan(1.0));
        only(pipeline(window), "train: label: mean needs windows, which exist only in feature views");
    }

    @Test
    void theCurrentEventOfAnotherStream() {
        only(
                feature(claimed(count(returns).includingCurrent().over(hours(1)))),
                F
                        + ": includingCurrent() makes sense only over 'orders', whose event triggers the vector, not over 'returns'");
    }

    @Test
    void anAggregationWithoutArgument() {
        only(
                feature(tree(
                        FieldType.FLOAT64, new ExprSpec.Aggregate(AggregateFn.SUM, "orders", null, 1_000_000, false))),
                F + ": sum needs an argument");
    }

    @Test
    void aWindowArgumentOfAnotherStream() {
        only(
                feature(tree(
                        FieldType.FLOAT64,
                        new ExprSpec.Aggregate(AggregateFn.SUM, "orders", refund.spec(), 1_000_000, false))),
                F + " reads 'refund' of stream 'returns', but only columns of 'orders' can stand here");
    }

    @Test
    void aColumnThatIsNotKnownAtTheDecision() {
        only(
                onDemand(refund),
                F + " reads 'refund' of stream 'returns', which is not known when the decision on 'orders' is made: it"
                        + " would leak; aggregate it over a window instead");
    }

    // ---- entities, views, roles

    @Test
    void anEntityMappedToAColumnThatItsStreamDoesNotHave() {
        Entity wrong = Entity.named("place").keyedBy(Stream.named("orders").string("citi"));
        only(
                pipeline(FeatureView.named("view")
                        .entity(wrong)
                        .feature("f", claimed(count(orders).over(hours(1))))),
                "features: entity 'place' is mapped to column 'citi', which stream 'orders' does not have; did you mean"
                        + " 'city'?");
    }

    @Test
    void anEntityMayBeMappedToAColumnThatIsNotTheKey() {
        Entity place = Entity.named("place").keyedBy(city);
        assertThat(pipeline(FeatureView.named("view")
                                .entity(place)
                                .feature("f", claimed(count(orders).over(hours(1)))))
                        .build()
                        .spec()
                        .entities())
                .singleElement()
                .satisfies(e -> assertThat(e.keys()).containsEntry("orders", List.of("city")));
    }

    @Test
    void anEntityThatIsNotMapped() {
        Entity ordersOnly = Entity.named("shop").keyedBy(shop);
        only(
                pipeline(FeatureView.named("view")
                        .entity(ordersOnly)
                        .feature("f", claimed(count(returns).over(hours(1))))),
                F + ": entity 'shop' is not mapped to a column of stream 'returns'; add it to .keyedBy(…)");
        Entity returnsOnly = Entity.named("shop").keyedBy(returnShop);
        only(
                pipeline(FeatureView.named("view")
                        .entity(returnsOnly)
                        .feature("f", claimed(count(returns).over(hours(1))))),
                "features: view 'view' cannot be looked up: its entity 'shop' is not mapped to a column of 'orders', on"
                        + " which decisions are made; map it, or say .of(column)");
        Stream other = Stream.named("other");
        Entity far = Entity.named("shop").keyedBy(shop, returnShop, other.string("shop"));
        only(
                pipeline(FeatureView.named("view")
                        .entity(far)
                        .feature("f", claimed(count(returns).over(hours(1))))),
                "features: entity 'shop' maps a column of stream 'other', which the pipeline does not read; add it to"
                        + " .ingest(…)");
    }

    @Test
    void keysOfDifferentLengths() {
        city.key();
        Entity uneven = Entity.named("shop").keyedBy(shop, city, returnShop);
        only(
                pipeline(FeatureView.named("view")
                        .entity(uneven)
                        .feature("f", claimed(count(returns).over(hours(1))))),
                "features: entity 'shop' has keys of different lengths: {orders=[shop, city], returns=[shop]}; they can"
                        + " never be equal");
    }

    @Test
    void duplicateRolesAndRolesOfOtherStreams() {
        only(
                pipeline(window, window.of(city)),
                "features: two views are used under the name 'sales'; give one a role with .of(column).as(\"…\")");
        only(
                pipeline(window, window.of(returnShop).as("theirs")),
                "features: 'theirs' is looked up by 'shop' of stream 'returns', but decisions are made on 'orders'; use"
                        + " a column of that stream");
        only(
                pipeline(window, window.of(city, shop).as("pair")),
                "features: 'pair' is looked up by [city, shop], but the key of entity 'shop' is [shop]; give as many"
                        + " columns");
    }

    @Test
    void anEntityOrNot() {
        only(
                pipeline(FeatureView.named("view").feature("f", ratio)),
                "features: view 'view' has no entity; add .entity(…), or .onDemand() if it only reads the request");
        only(
                pipeline(FeatureView.named("view").entity(shops).onDemand().feature("f", ratio)),
                "features: view 'view' is on demand and has an entity; it can be only one of the two");
        only(
                pipeline(FeatureView.named("view")
                        .onDemand()
                        .feature("f", ratio)
                        .of(city)
                        .as("theirs")),
                "features: view 'view' is on demand and has nothing to look up; use it without .of(…)");
    }

    @Test
    void twoThingsOfOneName() {
        Entity same = Entity.named("shop").keyedBy(shop);
        only(
                pipeline(
                        window,
                        FeatureView.named("view")
                                .entity(same)
                                .feature("f", claimed(count(orders).over(hours(1))))),
                "features: two different entities are called 'shop'");
        assertThat(mistakes(
                        pipeline(window, FeatureView.named("sales").onDemand().feature("f", ratio))))
                .contains("features: two different views are called 'sales'");
        only(
                pipeline(
                        FeatureView.named("view").onDemand().feature("f", ratio).feature("f", amount)),
                F + " is declared twice");
        only(pipeline(window).ingest(orders), "ingest: stream 'orders' is read twice");
        only(pipeline(FeatureView.named("view").onDemand()), "features: view 'view' has no feature");
        only(pipeline(), "features: the feature vector is empty; add .features(view, …)");
    }

    @Test
    void twoColumnsOfOneName() {
        orders.int64("amount");
        only(pipeline(window), "ingest: stream 'orders': column 'amount' is declared twice");
    }

    // ---- circles

    @Test
    void computedColumnsInACircle() {
        NumberColumn<Integer> a = orders.int32("a");
        NumberColumn<Integer> b = orders.int32("b").computed(a.plus(1));
        a.computed(b.plus(1));
        only(pipeline(window), "ingest: stream 'orders': computed columns depend on each other in a circle: a → b → a");
    }

    @Test
    void aColumnComputedFromItself() {
        NumberColumn<Integer> a = orders.int32("a");
        a.computed(a.plus(1));
        only(pipeline(window), "ingest: stream 'orders': computed columns depend on each other in a circle: a → a");
    }

    @Test
    void aComputedColumnOfTheWrongType() {
        orders.string("a").computed(claimed(amount.plus(1)));
        only(
                pipeline(window),
                "ingest: stream 'orders': computed column 'a' is declared as text but its expression gives a whole number");
    }

    @Test
    void featuresInACircle() {
        FeatureView one = FeatureView.named("one").onDemand();
        FeatureView two = FeatureView.named("two").onDemand().feature("y", one.value("x"));
        only(
                pipeline(one.feature("x", two.value("y")), two),
                "features: features depend on each other in a circle: one.x → two.y → one.x");
    }

    @Test
    void aFeatureThatIsNotInTheVector() {
        only(
                pipeline(window, FeatureView.named("view").onDemand().feature("f", window.value("mean_1"))),
                F + " reads feature 'sales.mean_1', which is not in the vector; did you mean 'sales.mean_1h'?");
        training = training.label(window.value("mean_1h").greaterThan(1.0));
        assertThat(mistakes(pipeline(window)))
                .contains(
                        "train: there is no label; add .label(expression over the columns on which it becomes known)");
    }

    @Test
    void longChainsOfFeaturesAreNotACircleAndTakeNoTime() {
        FeatureView chain =
                FeatureView.named("chain").onDemand().feature("f0", ratio).feature("f1", ratio);
        for (int i = 2; i < 60; i++) {
            chain = chain.feature("f" + i, chain.value("f" + (i - 1)).plus(chain.value("f" + (i - 2))));
        }
        assertThat(pipeline(chain).build().version()).isNotEmpty();
    }

    // ---- ingest

    @Test
    void badNames() {
        FeatureView view = FeatureView.named("Sales").onDemand().feature("Mean", ratio);
        orders.int64("no blanks");
        Source bad = Source.csv("My File");
        returns.from(bad);
        assertThat(mistakes(Pipeline.named("Shop!")
                        .ingest(orders, returns)
                        .features(view)
                        .train(Training.classifier("comes back")
                                .label(refund.greaterThan(0))
                                .joinedOn(id)
                                .algorithm(xgboost())
                                .split(trainUntil("2001-02-15T00:00Z"), acceptUntil("2001-03-01T00:00Z")))
                        .deploy(Endpoint.named("-"))))
                .containsExactlyInAnyOrder(
                        "pipeline 'Shop!' is not a name: use lower-case letters, digits and hyphens, a letter first, at most 63",
                        "ingest: source 'My File' is not a name: use lower-case letters, digits and hyphens, a letter first, at most 63",
                        "ingest: stream 'orders': column 'no blanks' is not a name: use letters, digits and underscores, a letter first, at most 63",
                        "features: role 'Sales' is not a name: use lower-case letters, digits and underscores, a letter first, at most 63",
                        "features: view 'Sales' is not a name: use lower-case letters, digits and underscores, a letter first, at most 63",
                        "features: view 'Sales': feature 'Mean' is not a name: use lower-case letters, digits and underscores, a letter first, at most 63",
                        "train 'comes back' is not a name: use lower-case letters, digits and hyphens, a letter first, at most 63",
                        "deploy: endpoint '-' is not a name: use lower-case letters, digits and hyphens, a letter first, at most 63");
    }

    @Test
    void anExpectationThatNothingCanSatisfy() {
        orders.int32("pieces").expect(between(10, 1)).elseDeadLetter();
        orders.float64("weight").expect(between(0.0, Double.NaN)).elseDeadLetter();
        orders.string("note").expect(between("a", "b")).elseDeadLetter();
        assertThat(mistakes(pipeline(window)))
                .containsExactly(
                        "ingest: stream 'orders': column 'pieces' expects values between 10 and 1, which none can satisfy",
                        "ingest: stream 'orders': column 'weight' expects values between 0.0 and NaN, which none can satisfy",
                        "ingest: stream 'orders': column 'note' is text; a range can be expected only of numbers and times");
    }

    @Test
    void aStreamWithoutItsMarks() {
        Stream bare = Stream.named("bare").allowedLateness(Duration.ofHours(-1)).dedupHorizon(Duration.ZERO);
        bare.int64("x");
        assertThat(mistakes(Pipeline.named("p")
                        .ingest(bare)
                        .features(FeatureView.named("v").onDemand().feature("x", bare.column("x", FieldType.INT64)))))
                .containsExactly(
                        "ingest: stream 'bare' has no source; add .from(Source.csv(\"…\"))",
                        "ingest: stream 'bare' has no id; mark the column that identifies an event with .id()",
                        "ingest: stream 'bare' has no key; mark the column that says what an event is about with .key()",
                        "ingest: stream 'bare' has no event time; mark a timestamp column with .eventTime()",
                        "ingest: stream 'bare': allowedLateness is negative",
                        "ingest: stream 'bare': dedupHorizon must be positive");
    }

    @Test
    void marksOnTheWrongColumns() {
        Stream odd = Stream.named("odd").from(file);
        odd.int64("id").nullable().id();
        odd.string("key").nullable().key();
        odd.localTimestamp("at").eventTime();
        odd.timestamp("known").nullable().availableTime();
        odd.timestamp("known2").availableTime();
        NumberColumn<Integer> x = odd.int32("x");
        assertThat(mistakes(Pipeline.named("p")
                        .ingest(odd)
                        .features(FeatureView.named("v").onDemand().feature("x", x))))
                .containsExactly(
                        "ingest: stream 'odd': both 'known' and 'known2' are marked as its available time; only one can be",
                        "ingest: stream 'odd': its id 'id' may be null; remove .nullable()",
                        "ingest: stream 'odd': its key 'key' may be null; remove .nullable()",
                        "ingest: stream 'odd': its event time 'at' is a local time, not an instant; a local reading says nothing without a zone");
    }

    @Test
    void nothingToRead() {
        assertThat(mistakes(Pipeline.named("p")))
                .containsExactly(
                        "features: it is not said which stream's events ask for a prediction; add .decideOn(stream) or Training.joinedOn(column)",
                        "ingest: no stream is read; add .ingest(stream)",
                        "features: the feature vector is empty; add .features(view, …)");
    }

    @Test
    void decisionsOnAStreamThatIsNotRead() {
        assertThat(mistakes(Pipeline.named("p")
                        .ingest(returns)
                        .decideOn(orders)
                        .features(FeatureView.named("v")
                                .entity(shops)
                                .feature("n", claimed(count(returns).over(hours(1)))))))
                .contains(
                        "features: decisions are made on stream 'orders', which the pipeline does not read; add it to .ingest(…)");
    }

    // ---- training

    @Test
    void aLabelOnTheDecisionsOwnStream() {
        training = training.label(amount.greaterThan(10));
        only(
                pipeline(window),
                "train: the label reads stream 'orders', on which the decisions themselves are made, so it claims to be"
                        + " known at the decision; put what becomes known later on a stream of its own with its own"
                        + " available time");
    }

    @Test
    void aLabelThatIsKnownAtTheVeryMomentOfTheDecision() {
        seen.from("at");
        only(
                pipeline(window),
                "train: the label leaks: stream 'returns' says with available time 'seen' that it is known at the very"
                        + " moment of the decision ('at' of 'orders'); give it the time at which it really becomes known");
    }

    @Test
    void aLabelThatLeaksBehindAComputedColumn() {
        Column<Instant> raw = returns.timestamp("raw").from("at");
        seen.computed(raw);
        assertThat(mistakes(pipeline(window))).singleElement().asString().startsWith("train: the label leaks:");
    }

    @Test
    void aTrainingThatIsNotAllThere() {
        training = Training.classifier("t");
        assertThat(mistakes(pipeline(window).decideOn(orders)))
                .containsExactly(
                        "train: it is not said how a label finds its decision; add .joinedOn(column)",
                        "train: there is no label; add .label(expression over the columns on which it becomes known)",
                        "train: there is no split; add .split(trainUntil(\"…\"), acceptUntil(\"…\"))",
                        "train: there is no algorithm; add .algorithm(xgboost())");
    }

    @Test
    void aSplitInTheWrongOrderAndNoInstant() {
        training = training.split(trainUntil("2001-03-01T00:00Z"), acceptUntil("2001-02-15T00:00Z"));
        only(pipeline(window), "train: trainUntil must be before acceptUntil");
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> trainUntil("15 February"));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_PIPELINE);
        assertThat(e).hasMessage("train: the split names '15 February', which is not an instant");
        assertThat(e.hint()).contains("2001-02-15T00:00Z");
    }

    @Test
    void aLabelOfTheWrongType() {
        training = training.label(refund);
        only(pipeline(window), "train: the label of a classifier must be a condition; this one gives a whole number");
        training = Training.regressor("r")
                .label(refund.greaterThan(1))
                .joinedOn(id)
                .algorithm(xgboost())
                .split(trainUntil("2001-02-15T00:00Z"), acceptUntil("2001-03-01T00:00Z"))
                .accept(auc().atLeast(0.5));
        assertThat(mistakes(pipeline(window)))
                .containsExactly(
                        "train: the label of a regressor must be a number; this one gives true/false",
                        "train: accept: AUC is a measure of classifiers; this is a regressor");
    }

    @Test
    void aJoinOfDifferentTypes() {
        training = training.joinedOn(city);
        only(
                pipeline(window),
                "train: joinedOn compares 'city' of 'orders', text, with the id 'order' of 'returns', a whole number");
    }

    @Test
    void hyperparametersAndGatesOutOfRange() {
        training = training.algorithm(xgboost()
                        .rounds(0)
                        .maxDepth(31)
                        .learningRate(0)
                        .subsample(1.5)
                        .minChildWeight(-1))
                .accept(auc().atLeast(72));
        assertThat(mistakes(pipeline(window)))
                .containsExactly(
                        "train: hyperparameter num_round is 0; it must be at least 1 and at most 100000",
                        "train: hyperparameter max_depth is 31; it must be at least 1 and at most 30",
                        "train: hyperparameter eta is 0.0; it must be above 0 and at most 1",
                        "train: hyperparameter subsample is 1.5; it must be above 0 and at most 1",
                        "train: hyperparameter min_child_weight is -1.0; it must be at least 0",
                        "train: accept: an AUC lies between 0 and 1, not 72.0");
    }

    @Test
    void twoDecisionStreams() {
        only(
                pipeline(window).decideOn(returns),
                "train: joinedOn names a column of 'orders', but decideOn says 'returns'");
    }

    // ---- deployment and monitoring

    @Test
    void aDeploymentOutOfRange() {
        for (double share : new double[] {0, -1, 100.01, Double.NaN}) {
            only(
                    pipeline(window).deploy(Endpoint.named("e").canary(percent(share), bake(minutes(1)))),
                    "deploy: a canary's share must be above 0 and at most 100 percent");
        }
        assertThat(mistakes(pipeline(window)
                        .deploy(Endpoint.named("e")
                                .canary(percent(1), bake(minutes(-1)))
                                .replicas(3, 2)
                                .scaleOutWhen(p99().above(millis(-1))))))
                .containsExactly(
                        "deploy: the bake time is negative",
                        "deploy: scaleOutWhen: the latency is negative",
                        "deploy: replicas(3, 2): the least must be at least 1 and not more than the most");
        only(
                pipeline(window).deploy(Endpoint.named("e").replicas(1, 2)),
                "deploy: replicas(1, 2) does not say when there shall be more; add .scaleOutWhen(p99().above(…))");
        only(
                pipeline(window).deploy(Endpoint.named("e").scaleOutWhen(p99().above(millis(1)))),
                "deploy: scaleOutWhen(…) has no replicas to add; say how many there may be with .replicas(min, max)");
        only(
                Pipeline.named("p")
                        .ingest(orders)
                        .features(FeatureView.named("v").onDemand().feature("r", ratio))
                        .deploy(Endpoint.named("e")),
                "deploy: there is no model to deploy; add .train(…)");
    }

    @Test
    void aMonitorThatCanNeverFire() {
        assertThat(mistakes(pipeline(window)
                        .monitor(Monitor.every(Duration.ZERO)
                                .drift(psi().above(0).significance(1))
                                .onBreach(
                                        retrain().when(3, outOf(2)).cooldown(days(1)),
                                        rollBack().when(0, outOf(2)).cooldown(days(-1))))))
                .containsExactly(
                        "monitor: there is nothing to watch; add .deploy(…)",
                        "monitor: every(…) must be positive",
                        "monitor: drift: the PSI must be above 0",
                        "monitor: drift: the significance must lie between 0 and 1",
                        "monitor: onBreach: 3 out of 2 windows can never happen",
                        "monitor: onBreach: 0 out of 2 windows can never happen",
                        "monitor: onBreach: the cooldown is negative");
    }

    // ---- everything

    @Test
    void everythingAtOnce() {
        training = training.split(trainUntil("2001-03-01T00:00Z"), acceptUntil("2001-02-15T00:00Z"));
        orders.allowedLateness(Duration.ofHours(-1));
        Pipeline.Builder builder = pipeline(
                        FeatureView.named("view")
                                .entity(shops)
                                .feature("f", onlySum(orders.column("amonut", FieldType.INT32)))
                                .feature(
                                        "g",
                                        claimed(count(returns)
                                                .includingCurrent()
                                                .over(hours(1)))),
                        FeatureView.named("now").onDemand().feature("leak", refund))
                .deploy(Endpoint.named("e").canary(percent(200), bake(minutes(1))))
                .monitor(Monitor.every(Duration.ZERO));
        List<String> found = mistakes(builder);
        assertThat(found).hasSize(7);
        assertThat(found.get(0)).startsWith("ingest:").contains("'orders'", "allowedLateness");
        assertThat(found.get(1)).startsWith(F).contains("'amonut'", "did you mean 'amount'?");
        assertThat(found.get(2))
                .startsWith("features: view 'view': feature 'g'")
                .contains("includingCurrent()");
        assertThat(found.get(3))
                .startsWith("features: view 'now': feature 'leak'")
                .contains("would leak");
        assertThat(found.get(4)).startsWith("train:").contains("trainUntil must be before acceptUntil");
        assertThat(found.get(5)).startsWith("deploy:").contains("canary");
        assertThat(found.get(6)).startsWith("monitor:").contains("every(…)");
        assertThat(refused(builder)).hasMessageStartingWith("Pipeline 'shop' has 7 mistakes:\n  - ");
        assertThat(refused(builder).resource()).isEqualTo("shop");
    }

    private static Expr<?> onlySum(Expr<?> e) {
        return sum(MistakesTest.<Integer>claimed(e)).over(hours(1));
    }
}
