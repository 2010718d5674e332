package dev.isobar.runtime.backfill;

import static dev.isobar.pipeline.Dsl.acceptUntil;
import static dev.isobar.pipeline.Dsl.approxDistinct;
import static dev.isobar.pipeline.Dsl.auc;
import static dev.isobar.pipeline.Dsl.between;
import static dev.isobar.pipeline.Dsl.count;
import static dev.isobar.pipeline.Dsl.days;
import static dev.isobar.pipeline.Dsl.hours;
import static dev.isobar.pipeline.Dsl.last;
import static dev.isobar.pipeline.Dsl.max;
import static dev.isobar.pipeline.Dsl.mean;
import static dev.isobar.pipeline.Dsl.minutes;
import static dev.isobar.pipeline.Dsl.share;
import static dev.isobar.pipeline.Dsl.stddev;
import static dev.isobar.pipeline.Dsl.sum;
import static dev.isobar.pipeline.Dsl.trainUntil;
import static dev.isobar.pipeline.Dsl.xgboost;

import dev.isobar.event.RowText;
import dev.isobar.pipeline.Column;
import dev.isobar.pipeline.Entity;
import dev.isobar.pipeline.FeatureView;
import dev.isobar.pipeline.NumberColumn;
import dev.isobar.pipeline.Pipeline;
import dev.isobar.pipeline.Source;
import dev.isobar.pipeline.Stream;
import dev.isobar.pipeline.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Payments that are decided on and chargebacks that label them, with everything that is wrong with files: copies, conflicts, late and unreadable records, in no order. */
final class Checkout {
    static final String PAYMENTS = "payment,card,at,known,cents,country";
    static final String CHARGEBACKS = "payment,card,at,known,lost";
    private static final long SECOND = 1_000_000;
    private static final long START = RowText.micros(Instant.parse("2026-01-01T00:00:00Z"));

    private Checkout() {}

    static Pipeline pipeline() {
        Stream payments = Stream.named("payments")
                .from(Source.csv("payments"))
                .allowedLateness(minutes(2))
                .dedupHorizon(hours(6));
        NumberColumn<Long> payment = payments.int64("payment").id();
        Column<String> card = payments.string("card").key();
        payments.timestamp("at").eventTime();
        payments.timestamp("known").availableTime();
        NumberColumn<Double> amount = payments.float64("amount").from("cents");
        Column<String> country = payments.string("country").nullable();

        Stream chargebacks =
                Stream.named("chargebacks").from(Source.csv("chargebacks")).allowedLateness(days(3));
        chargebacks.int64("payment").id();
        Column<String> charged = chargebacks.string("card").key();
        chargebacks.timestamp("at").eventTime();
        chargebacks.timestamp("known").availableTime();
        Column<Integer> lost =
                chargebacks.int32("lost").expect(between(0, 1_000)).elseDeadLetter();

        FeatureView habits = FeatureView.named("habits")
                .entity(Entity.named("holder").keyedBy(card, charged))
                .feature("n", count(payments).over(minutes(10), hours(1), hours(24)))
                .feature("spent", sum(amount).includingCurrent().over(hours(1)))
                .feature("usual", mean(amount).over(hours(24)))
                .feature("spread", stddev(amount).over(hours(24)))
                .feature("most", max(amount).over(hours(1)))
                .feature("before", last(amount).over(hours(24)))
                .feature("countries", approxDistinct(country).over(hours(24)))
                .feature("lost_share", share(lost.greaterThan(500)).over(hours(24)));
        FeatureView now = FeatureView.named("now")
                .onDemand()
                .feature("amount", amount)
                .feature("ratio", amount.dividedBy(habits.value("usual_24h")));
        return Pipeline.named("checkout")
                .ingest(payments, chargebacks)
                .features(habits, now)
                .train(Training.classifier("fraud")
                        .label(lost.greaterThan(300))
                        .joinedOn(payment)
                        .algorithm(xgboost().rounds(1))
                        .split(trainUntil("2026-01-03T00:00Z"), acceptUntil("2026-01-04T00:00Z"))
                        .accept(auc().atLeast(0.5)))
                .build();
    }

    /** Writes {@code payments.csv} and {@code chargebacks.csv}: so many payments over five days, and what is wrong with some. */
    static void write(Path folder, int size, long seed) throws IOException {
        Random random = new Random(seed);
        List<String> payments = new ArrayList<>();
        List<String> chargebacks = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            long at = START + (long) (random.nextDouble() * 5 * 86_400) * SECOND;
            long known = at + (random.nextInt(5) == 0 ? random.nextInt(180) * SECOND : 0);
            String card = "card-" + (int) (20 * random.nextDouble() * random.nextDouble());
            String cents = Double.toString(random.nextInt(100_000) / 100.0);
            String country = random.nextInt(4) == 0 ? "" : "c" + random.nextInt(6);
            String line = i + "," + card + "," + time(at) + "," + time(known) + "," + cents + "," + country;
            payments.add(line);
            switch (random.nextInt(40)) {
                case 0 -> payments.add(line);
                case 1 -> payments.add(line.replace("card-", "other-"));
                // The same id again, behind the horizon: an event of its own.
                case 2 ->
                    payments.add(i + "," + card + "," + time(at + 10 * 3_600 * SECOND) + ","
                            + time(at + 10 * 3_600 * SECOND) + ",1.5,c1");
                case 3 -> payments.add(line.replace(cents, "much"));
                case 4 -> payments.add(i + ",one field too few");
                default -> {}
            }
            if (random.nextInt(3) > 0) {
                long lostAt = at + random.nextInt(86_400) * SECOND;
                chargebacks.add(i + "," + card + "," + time(lostAt) + ","
                        + time(lostAt + random.nextInt(7_200) * SECOND) + "," + random.nextInt(1_010));
                if (random.nextInt(30) == 0) {
                    chargebacks.add(chargebacks.get(chargebacks.size() - 1));
                }
            }
        }
        Collections.shuffle(payments, random);
        Collections.shuffle(chargebacks, random);
        Files.writeString(folder.resolve("payments.csv"), PAYMENTS + "\n" + String.join("\n", payments) + "\n");
        Files.writeString(
                folder.resolve("chargebacks.csv"), CHARGEBACKS + "\n" + String.join("\n", chargebacks) + "\n");
    }

    private static String time(long micros) {
        return RowText.instant(micros).toString();
    }
}
