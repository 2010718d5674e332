package dev.isobar.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.runtime.monitor.DriftMonitor;
import dev.isobar.runtime.monitor.DriftPolicy;
import dev.isobar.runtime.monitor.DriftResult;
import dev.isobar.runtime.monitor.LatencyMonitor;
import dev.isobar.runtime.monitor.MonitorResult;
import dev.isobar.runtime.monitor.PerformanceMonitor;
import dev.isobar.runtime.monitor.PerformancePolicy;
import dev.isobar.runtime.monitor.PerformanceResult;
import dev.isobar.runtime.monitor.Persistence;
import dev.isobar.runtime.monitor.QualityMonitor;
import dev.isobar.runtime.monitor.TimeWindows;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class HtmlReportTest {
    private static final String EVIL =
            "</title></style><script>alert('x')</script><img src=\"https://evil.example/\" onerror=x>&\u0000\"'";
    private static final long DAY = 86_400_000_000L;
    private static final long MARCH = Instant.parse("2001-03-01T00:00:00Z").toEpochMilli() * 1_000;

    @Test
    void aSampleToLookAtIsWrittenAndIsSelfContained() throws Exception {
        for (int windowDays : new int[] {1, 7}) {
            String html = HtmlReport.render(sample("flight-delays", windowDays));
            Files.writeString(Path.of("target", "sample-report-" + windowDays + "d.html"), html);
            assertThat(html).hasSizeLessThan(1_000_000);
            assertThat(attributes(html, "src|href|action|srcset|xlink:href")).isEmpty();
            assertThat(html)
                    .doesNotContain("<script")
                    .doesNotContain("@import")
                    .doesNotContain("url(")
                    .doesNotContain("<link");
            assertThat(html)
                    .contains("prefers-color-scheme:dark")
                    .doesNotContain("NaN")
                    .doesNotContain("Infinity")
                    .doesNotContain(">null<");
        }
    }

    @Test
    void theSameInputGivesTheSameBytes() {
        assertThat(HtmlReport.render(sample("a", 7))).isEqualTo(HtmlReport.render(sample("a", 7)));
    }

    @Test
    void everyTextIsEscapedWhereverItComesFrom() throws Exception {
        String html = HtmlReport.render(sample(EVIL, 7));
        assertThat(html).doesNotContain("<script").doesNotContain("<img").doesNotContain("\u0000");
        assertThat(html).contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        assertWellFormed(html);
    }

    @Test
    void theMarkupIsWellFormedAndEveryPlotIsDescribedUnderAnIdOfItsOwn() throws Exception {
        String html = HtmlReport.render(sample("flight-delays", 7));
        assertWellFormed(html);
        List<String> ids = attributes(html, "id");
        Set<String> unique = new HashSet<>(ids);
        assertThat(ids).hasSameSizeAs(unique).isNotEmpty();
        Matcher labelled =
                Pattern.compile("role=\"img\" aria-labelledby=\"([^\"]+)\"").matcher(html);
        int plots = 0;
        while (labelled.find()) {
            plots++;
            assertThat(unique).contains(labelled.group(1).split(" "));
        }
        assertThat(plots).isEqualTo(13); // 5 of performance, heat map, 6 histograms, latency
    }

    @Test
    void itShowsWhatTheRunDid() {
        String html = HtmlReport.render(sample("flight-delays", 7));
        assertThat(html)
                .contains(
                        "SUCCEEDED",
                        "run-20010601-7f3a",
                        ">balances<",
                        ">off by −1<",
                        "253,650",
                        "bit for bit equal",
                        "at acceptance 0.",
                        "required 0.720",
                        "Set aside: 1 DELAY_OUT_OF_RANGE",
                        "late_share_24h drifted");
    }

    @Test
    void aRunWithoutPredictionsIsStillAReport() throws Exception {
        DriftResult drift = new DriftMonitor(List.of(), DriftPolicy.ofDefaults()).result();
        MonitorResult nothing = MonitorResult.of(
                drift,
                new PerformanceMonitor().result(TimeWindows.days(7)),
                PerformancePolicy.ofDefaults(),
                new QualityMonitor(List.of()),
                new LatencyMonitor().result());
        String html = HtmlReport.render(new ReportInput(
                "p", "r", "local", "abc", "FAILED", true, 0, 1, List.of(), List.of(), null, null, null, null, nothing,
                drift, null));
        assertWellFormed(html);
        assertThat(html)
                .contains(
                        "No prediction has a label.",
                        "No feature is watched.",
                        "No request was measured.",
                        "pill bad\">FAILED")
                .doesNotContain("NaN");
    }

    /** The page without its doctype and void tags, read as XML, which forgives nothing. */
    private static void assertWellFormed(String html) throws Exception {
        String xml = html.replace("<!doctype html>", "").replaceAll("<meta [^>]*>", "");
        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(xml)))
                        .getElementsByTagName("main")
                        .getLength())
                .isEqualTo(1);
    }

    private static List<String> attributes(String html, String names) {
        List<String> values = new ArrayList<>();
        // inside tags only: escaped text cannot open one
        Matcher tags = Pattern.compile("<[a-zA-Z][^>]*>").matcher(html);
        while (tags.find()) {
            Matcher m = Pattern.compile("\\s(?:" + names + ")=\"([^\"]*)\"").matcher(tags.group());
            while (m.find()) {
                values.add(m.group(1));
            }
        }
        return values;
    }

    /** Something like the flights: delays fade from winter to May, a new schedule in April, a window of one class. */
    private static ReportInput sample(String pipeline, int windowDays) {
        long seed = 7;
        System.out.println("seed of the sample report: " + seed);
        Random random = new Random(seed);
        boolean evil = pipeline.equals(EVIL);
        List<String> names = List.of(
                evil ? EVIL : "late_share_1h",
                "late_share_3h",
                "late_share_24h",
                "mean_delay_1h",
                "mean_delay_3h",
                "mean_delay_24h",
                "departures_30m",
                "departures_3h",
                "destination_late_share_3h",
                "destination_mean_delay_24h",
                "distance_mi",
                "minute_of_day",
                "day_of_week",
                "carrier_code");
        Persistence persistence = Persistence.ofDefaults().every(TimeWindows.days(windowDays));
        DriftMonitor drift = new DriftMonitor(names, new DriftPolicy(0.2, persistence));
        QualityMonitor quality = new QualityMonitor(names.stream()
                .map(n ->
                        n.endsWith("share_1h") ? QualityMonitor.Rule.between(n, 0, 1) : QualityMonitor.Rule.learned(n))
                .toList());
        for (int i = 0; i < 12_000; i++) {
            double[] row = row(random, 0.28, 0);
            drift.addReference(row);
            quality.addReference(row);
        }
        PerformanceMonitor performance = new PerformanceMonitor();
        LatencyMonitor latency = new LatencyMonitor();
        for (int day = 0; day < 92; day++) {
            double rate = 0.28 - 0.11 * day / 92 + 0.05 * Math.sin(day / 5.0);
            int n = 150 + random.nextInt(60) - (day % 7 == 2 ? 40 : 0);
            for (int i = 0; i < n; i++) {
                long micros = MARCH + day * DAY + i * 60_000_000L;
                double[] row = row(random, rate, day > 31 ? 1 : 0);
                drift.add(micros, row);
                quality.add(micros, row);
                boolean late = random.nextDouble() < rate;
                double z = Math.log(rate / (1 - rate)) - 0.35 + 1.0 * random.nextGaussian() + (late ? 0.95 : -0.05);
                performance.add(micros, 1 / (1 + Math.exp(-z)), late);
                latency.addNanos(
                        (long) (1.1e6 * Math.exp(0.45 * random.nextGaussian()) + (random.nextInt(200) == 0 ? 2e7 : 0)));
            }
        }
        performance.addUnlabelled(14);
        quality.addDeadLetters(evil ? EVIL : "DELAY_OUT_OF_RANGE", 1);
        PerformanceResult scored = performance.result(TimeWindows.days(windowDays));
        DriftResult drifted = drift.result();
        MonitorResult monitor =
                MonitorResult.of(drifted, scored, new PerformancePolicy(0.70, persistence), quality, latency.result());
        String text = evil ? EVIL : "";
        return new ReportInput(
                pipeline,
                "run-20010601-7f3a" + text,
                "local" + text,
                "9f2c6a41d0b7e85533aa1c0f4be2d7719f2c6a41d0b7e85533aa1c0f4be2d771" + text,
                "SUCCEEDED",
                false,
                1_780_000_000_000_000L,
                47.3,
                List.of(
                        new ReportInput.Step(
                                "ingest" + text, "SUCCEEDED", 9.4, "507,300 records into 2 streams" + text),
                        new ReportInput.Step("feature", "SUCCEEDED", 6.2, "126,903 rows, 14 features"),
                        new ReportInput.Step("train", "UNCHANGED", 7.8, "the candidate equals its champion"),
                        new ReportInput.Step("deploy", "SUCCEEDED", 2.1, "1 replica behind the router"),
                        new ReportInput.Step("monitor", "SUCCEEDED", 21.8, "126,747 predictions replayed")),
                List.of(
                        new ReportInput.StreamAccount("departures" + text, 253_650, 253_650, 0, 0, 0, Map.of()),
                        new ReportInput.StreamAccount(
                                "landings", 253_650, 253_650, 0, 1, 0, Map.of("DELAY_OUT_OF_RANGE" + text, 1L))),
                new ReportInput.TrainingSet(
                        97_412, 311, "77b1c0f4be2d7719f2c6a41d0b7e85533aa1c0f4be2d7719f2c6a41d0b7e8553" + text),
                new ReportInput.Model(
                        "3" + text,
                        "c0f4be2d7719f2c6a41d0b7e85533aa1c0f4be2d7719f2c6a41d0b7e855377b1" + text,
                        0.7712,
                        0.4871,
                        29_418,
                        0.72,
                        "ACCEPTED" + text,
                        "AUC 0.771 is at least 0.720 and no worse than the champion’s 0.771." + text),
                new ReportInput.Endpoint("flight-delays" + text, "http://127.0.0.1:40311" + text, "c0f4" + text),
                new ReportInput.Consistency(126_747, 0, 0, 0),
                monitor,
                drifted,
                1_234_000_000L);
    }

    private static double[] row(Random random, double rate, int summer) {
        double g = random.nextGaussian();
        double share1 = Math.min(1, Math.max(0, rate + 0.22 * g));
        double share24 = Math.min(1, Math.max(0, rate + 0.11 * random.nextGaussian()));
        return new double[] {
            random.nextInt(40) == 0 ? Double.NaN : share1,
            Math.min(1, Math.max(0, rate + 0.15 * g)),
            share24,
            60 * share1 - 4 + 6 * random.nextGaussian(),
            60 * share1 - 4 + 3 * random.nextGaussian(),
            60 * share24 - 4 + random.nextGaussian(),
            Math.rint(18 + 3 * summer + 6 * random.nextGaussian()),
            Math.rint(108 + 10 * summer + 20 * random.nextGaussian()),
            Math.min(1, Math.max(0, rate + 0.2 * random.nextGaussian())),
            60 * rate + 8 * random.nextGaussian(),
            Math.rint(150 + 900 * Math.abs(random.nextGaussian())),
            Math.rint(360 + 1_000 * random.nextDouble()),
            random.nextInt(7),
            random.nextInt(summer == 1 ? 6 : 5)
        };
    }
}
