package dev.isobar.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The JSON and the hashes of a spec")
class SpecJsonTest {
    private static final long SEED = Long.getLong("isobar.seed", 20_010_401L);
    private static final String[] TEXTS = {"", "a", "é", "日本", "👩‍🚀", "\"\\\n\u0000", "-0.0", "NaN", "null"};
    private static final double[] DOUBLES = {0.0, -0.0, 0.1, 1e-320, Double.MAX_VALUE, 1.0 / 3, -5, 1e21};

    private static <T> T pick(Random r, T[] from) {
        return from[r.nextInt(from.length)];
    }

    private static @Nullable String maybe(Random r) {
        return r.nextInt(3) == 0 ? null : pick(r, TEXTS);
    }

    private static double number(Random r) {
        return DOUBLES[r.nextInt(DOUBLES.length)];
    }

    private static ExprSpec expr(Random r, int depth) {
        return switch (r.nextInt(depth == 0 ? 3 : 6)) {
            case 0 -> new ExprSpec.Col(pick(r, TEXTS), pick(r, TEXTS));
            case 1 -> new ExprSpec.Lit(pick(r, FieldType.values()), maybe(r));
            case 2 -> new ExprSpec.FeatureRef(pick(r, TEXTS), pick(r, TEXTS));
            case 3 ->
                new ExprSpec.Aggregate(
                        pick(r, AggregateFn.values()),
                        pick(r, TEXTS),
                        r.nextBoolean() ? null : expr(r, depth - 1),
                        r.nextLong(),
                        r.nextBoolean());
            default -> {
                List<ExprSpec> args = new ArrayList<>();
                for (int n = r.nextInt(4); n > 0; n--) {
                    args.add(expr(r, depth - 1));
                }
                yield new ExprSpec.Call(pick(r, Fn.values()), args);
            }
        };
    }

    private static Map<String, String> map(Random r) {
        Map<String, String> m = new HashMap<>();
        for (int n = r.nextInt(4); n > 0; n--) {
            m.put(pick(r, TEXTS), pick(r, TEXTS));
        }
        return m;
    }

    private static PipelineSpec spec(Random r) {
        List<ColumnSpec> columns = new ArrayList<>();
        for (int n = r.nextInt(4); n > 0; n--) {
            columns.add(new ColumnSpec(
                    "c" + n,
                    pick(r, FieldType.values()),
                    r.nextBoolean(),
                    maybe(r),
                    r.nextBoolean() ? null : expr(r, 3),
                    r.nextBoolean() ? null : new ColumnSpec.RangeSpec(maybe(r), maybe(r)),
                    maybe(r)));
        }
        StreamSpec stream =
                new StreamSpec("s", "src", columns, "id", List.of("k", "l"), "t", maybe(r), r.nextLong(), r.nextLong());
        List<ViewSpec.FeatureSpec> features = new ArrayList<>();
        for (int n = r.nextInt(4); n > 0; n--) {
            features.add(new ViewSpec.FeatureSpec("f" + n, expr(r, 5)));
        }
        Map<String, List<String>> keys = new HashMap<>();
        for (int n = r.nextInt(4); n > 0; n--) {
            keys.put("s" + r.nextInt(100), List.of("k", "l"));
        }
        return new PipelineSpec(
                pick(r, TEXTS),
                map(r),
                List.of(new SourceSpec("src", "csv")),
                List.of(stream),
                List.of(new ViewSpec.EntitySpec("e", keys)),
                List.of(new ViewSpec("v", maybe(r), features)),
                "s",
                List.of(new ViewSpec.UseSpec("u", "v", List.of())),
                r.nextBoolean()
                        ? null
                        : new TrainingSpec(
                                "t",
                                pick(r, TrainingSpec.Task.values()),
                                "s",
                                expr(r, 3),
                                "s",
                                "id",
                                "xgboost",
                                map(r),
                                r.nextLong(),
                                r.nextLong(),
                                List.of(new TrainingSpec.GateSpec(
                                        pick(r, TrainingSpec.Metric.values()),
                                        pick(r, TrainingSpec.Rule.values()),
                                        number(r)))),
                r.nextBoolean() ? null : new DeploySpec("e", r.nextInt(), r.nextLong(), 1, 2, r.nextLong()),
                r.nextBoolean()
                        ? null
                        : new MonitorSpec(
                                r.nextLong(),
                                number(r),
                                number(r),
                                r.nextBoolean(),
                                List.of(new MonitorSpec.ThresholdSpec(TrainingSpec.Metric.AUC, number(r))),
                                List.of(new MonitorSpec.ActionSpec(
                                        pick(r, MonitorSpec.Action.values()), 1, 2, r.nextLong()))));
    }

    @Test
    void whatIsWrittenIsReadAndWrittenTheSame() {
        System.out.println("SpecJsonTest seed " + SEED);
        Random r = new Random(SEED);
        for (int n = 0; n < 3_000; n++) {
            PipelineSpec spec = spec(r);
            String json = SpecJson.write(spec);
            PipelineSpec back = SpecJson.read(json);
            assertThat(back).as("spec %d of seed %d", n, SEED).isEqualTo(spec);
            assertThat(SpecJson.write(back)).as("spec %d of seed %d", n, SEED).isEqualTo(json);
            assertThat(SpecJson.version(back)).as("spec %d of seed %d", n, SEED).isEqualTo(SpecJson.version(spec));
        }
    }

    @Test
    void differentSpecsHaveDifferentVersions() {
        Random r = new Random(SEED);
        Map<String, String> seen = new HashMap<>();
        for (int n = 0; n < 3_000; n++) {
            PipelineSpec spec = spec(r);
            String json = SpecJson.write(spec);
            String before = seen.put(SpecJson.version(spec), json);
            assertThat(before == null || before.equals(json)).isTrue();
        }
        assertThat(seen.size()).isGreaterThan(2_500);
    }

    @Test
    void mapsHaveNoOrder() {
        Map<String, String> there = new LinkedHashMap<>();
        Map<String, String> back = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            there.put("label" + i, "v");
            back.put("label" + (19 - i), "v");
        }
        PipelineSpec a = spec(there);
        PipelineSpec b = spec(back);
        assertThat(SpecJson.write(a)).isEqualTo(SpecJson.write(b));
        assertThat(SpecJson.version(a)).isEqualTo(SpecJson.version(b)).matches("[0-9a-f]{64}");
    }

    @Test
    void theJsonIsCanonical() {
        assertThat(SpecJson.write(spec(Map.of("b", "2", "a", "é"))))
                .isEqualTo("{\"decisions\":\"\",\"deploy\":null,\"entities\":[],\"features\":[],"
                        + "\"labels\":{\"a\":\"é\",\"b\":\"2\"},\"monitor\":null,\"name\":\"p\",\"sources\":[],"
                        + "\"streams\":[],\"training\":null,\"views\":[]}");
    }

    @Test
    void theVersionIsTheSameOnEveryMachineAndInEveryRelease() {
        // Computed by hand from the definition in SpecJson's Javadoc; a change here re-keys every state and endpoint
        // there is.
        assertThat(SpecJson.hash(new SourceSpec("flights", "csv"))).isEqualTo(SOURCE_HASH);
    }

    private static final String SOURCE_HASH = merkleOfSource();

    private static String merkleOfSource() {
        try {
            java.security.MessageDigest sha = java.security.MessageDigest.getInstance("SHA-256");
            byte[] csv = java.security.MessageDigest.getInstance("SHA-256").digest("=\"csv\"".getBytes("UTF-8"));
            byte[] flights =
                    java.security.MessageDigest.getInstance("SHA-256").digest("=\"flights\"".getBytes("UTF-8"));
            sha.update("{format\0".getBytes("UTF-8"));
            sha.update(csv);
            sha.update("name\0".getBytes("UTF-8"));
            sha.update(flights);
            return java.util.HexFormat.of().formatHex(sha.digest());
        } catch (java.security.GeneralSecurityException | java.io.UnsupportedEncodingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aBuiltSpecCannotBeChanged() {
        Map<String, String> labels = new HashMap<>(Map.of("owner", "me"));
        Map<String, List<String>> keys = new HashMap<>(Map.of("s", new ArrayList<>(List.of("k"))));
        PipelineSpec spec = spec(labels);
        ViewSpec.EntitySpec entity = new ViewSpec.EntitySpec("e", keys);
        labels.put("owner", "you");
        keys.clear();
        assertThat(spec.labels()).containsEntry("owner", "me");
        assertThat(entity.keys()).containsEntry("s", List.of("k"));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> spec.labels().put("x", "y"));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> entity.keys().put("x", List.of()));
    }

    @Test
    void whatIsNoSpecIsRefusedWithAHint() {
        String good = SpecJson.write(spec(Map.of()));
        for (String bad : List.of(
                "",
                "null",
                "[]",
                "{}",
                "{\"name\":1",
                good + "x",
                good.replace("\"views\":[]", "\"view\":[]"),
                good.replace(",\"training\":null", ""),
                good.replace("\"streams\":[]", "\"streams\":null"),
                good.replace("\"deploy\":null", "\"deploy\":{\"endpoint\":\"e\"}"))) {
            IsobarException e = catchThrowableOfType(IsobarException.class, () -> SpecJson.read(bad));
            assertThat(e).as(bad).isNotNull();
            assertThat(e.code()).isEqualTo(ErrorCode.INVALID_PIPELINE);
            assertThat(e).hasMessageStartingWith("This is not a pipeline spec: ");
            assertThat(e.hint()).isNotEmpty();
        }
    }

    private static PipelineSpec spec(Map<String, String> labels) {
        return new PipelineSpec(
                "p", labels, List.of(), List.of(), List.of(), List.of(), "", List.of(), null, null, null);
    }
}
