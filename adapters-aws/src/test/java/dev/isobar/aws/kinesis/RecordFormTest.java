package dev.isobar.aws.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.Event;
import dev.isobar.event.EventEnvelope;
import dev.isobar.event.Operation;
import dev.isobar.event.Position;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What stands in Kinesis")
class RecordFormTest {
    private static final Event FULL = new Event(
            "id \u00e9\ud83d\ude80",
            "a\u001fb",
            -1,
            Long.MAX_VALUE,
            "s/1",
            Operation.RETRACT,
            Map.of("traceparent", "00-ab", "empty", ""),
            new byte[] {0, -1, 127});

    private static Event read(byte[] data, int from, int to) {
        RecordView view = new RecordView();
        view.at(data, from, to, 3, new Place("77", 0), "partition key", 5);
        return view.event();
    }

    @Test
    @DisplayName("an envelope is exactly these bytes, in all versions to come")
    void envelope() {
        byte[] bytes = EventEnvelope.encode(Event.insert("e1", "k", 1, 2, "s", new byte[] {9}));
        assertThat(HexFormat.of().formatHex(bytes, 0, 4)).isEqualTo("49534f01");
        assertThat(HexFormat.of().formatHex(bytes, 8, bytes.length))
                .isEqualTo("00" + "0000000000000001" + "0000000000000002" + "00000002" + "6531" + "00000001" + "6b"
                        + "00000001" + "73" + "00000000" + "09");
    }

    @Test
    @DisplayName("an envelope gives back every part of its event, also from the middle of an array")
    void roundTrip() {
        byte[] bytes = EventEnvelope.encode(FULL);
        assertThat(read(bytes, 0, bytes.length)).isEqualTo(FULL);
        byte[] wider = new byte[bytes.length + 10];
        System.arraycopy(bytes, 0, wider, 7, bytes.length);
        assertThat(read(wider, 7, 7 + bytes.length)).isEqualTo(FULL);
    }

    @Test
    @DisplayName("any single bit that turns over in an envelope is noticed, or makes it somebody else's record")
    void damage() {
        byte[] good = EventEnvelope.encode(FULL);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            if (bit < 24) {
                assertThat(read(bad, 0, bad.length).payload()).isEqualTo(bad);
            } else {
                corrupt(() -> read(bad, 0, bad.length));
            }
        }
    }

    @Test
    @DisplayName("an aggregate is what the Kinesis Producer Library writes: magic, protocol buffer, MD5")
    void aggregate() {
        byte[] bytes = Aggregate.encode("k", List.of(new byte[] {1, 2}, new byte[] {3}));
        // Magic; field 1 "k"; field 3 of 6 bytes: key index 0, data 0102; field 3 of 5 bytes: key index 0, data 03.
        String message = "0a016b" + "1a06" + "0800" + "1a020102" + "1a05" + "0800" + "1a0103";
        assertThat(HexFormat.of().formatHex(bytes, 0, bytes.length - 16)).isEqualTo("f3899ac2" + message);
        assertThat(Aggregate.is(bytes)).isTrue();
        assertThat(Aggregate.parts(bytes, "it"))
                .containsExactly(new Aggregate.Part("k", 13, 15), new Aggregate.Part("k", 21, 22));
    }

    @Test
    @DisplayName("aggregates of any size come apart again and fit the size that was counted")
    void aggregates() {
        long seed = 11;
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            String key = "k".repeat(1 + random.nextInt(256));
            List<byte[]> events = new ArrayList<>();
            int counted = Aggregate.overhead(key.length());
            for (int i = random.nextInt(40); i >= 0; i--) {
                byte[] event = new byte[random.nextInt(1 << random.nextInt(16))];
                random.nextBytes(event);
                events.add(event);
                counted += Aggregate.cost(event);
            }
            byte[] bytes = Aggregate.encode(key, events);
            assertThat(bytes.length).as("seed " + seed).isLessThanOrEqualTo(counted);
            List<Aggregate.Part> parts = Aggregate.parts(bytes, "it");
            assertThat(parts)
                    .hasSize(events.size())
                    .allMatch(p -> p.partitionKey().equals(key));
            for (int i = 0; i < parts.size(); i++) {
                assertThat(java.util.Arrays.copyOfRange(
                                bytes, parts.get(i).from(), parts.get(i).to()))
                        .isEqualTo(events.get(i));
            }
            bytes[4 + random.nextInt(bytes.length - 4)] ^= 1;
            corrupt(() -> Aggregate.parts(bytes, "it"));
        }
    }

    @Test
    @DisplayName("an aggregate of somebody else, with explicit hash keys and tags, is read too")
    void foreignAggregate() throws Exception {
        byte[] message = HexFormat.of()
                .parseHex("0a0161" + "0a0162" + "12023132" + "1a0b" + "0801" + "1000" + "1a0178" + "22020a00");
        byte[] md5 = java.security.MessageDigest.getInstance("MD5").digest(message);
        byte[] bytes = HexFormat.of()
                .parseHex("f3899ac2" + HexFormat.of().formatHex(message)
                        + HexFormat.of().formatHex(md5));
        List<Aggregate.Part> parts = Aggregate.parts(bytes, "it");
        assertThat(parts).hasSize(1);
        assertThat(parts.get(0).partitionKey()).isEqualTo("b");
        assertThat(new String(bytes, parts.get(0).from(), 1, StandardCharsets.UTF_8))
                .isEqualTo("x");
    }

    @Test
    @DisplayName("places sort as numbers do, and so do their texts")
    void places() {
        long seed = 5;
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            BigInteger a = new BigInteger(1 + random.nextInt(420), random);
            BigInteger b = random.nextInt(4) == 0 ? a : new BigInteger(1 + random.nextInt(420), random);
            Place left = new Place(a.toString(), random.nextInt(3));
            Place right = new Place(b.toString(), random.nextInt(3));
            int expected = a.compareTo(b) != 0 ? a.compareTo(b) : Integer.compare(left.index(), right.index());
            assertThat(Integer.signum(left.compareTo(right))).as("seed " + seed).isEqualTo(expected);
            assertThat(Integer.signum(left.sortable().compareTo(right.sortable())))
                    .isEqualTo(expected);
            assertThat(Place.ofSortable(left.sortable())).contains(left);
            assertThat(Place.parse(left.position())).contains(left);
        }
        for (String text : List.of("", "x", "-1", "01", "1:0", "1:", "1:2:3", "1".repeat(130), "1:9999999999")) {
            assertThat(Place.parse(new Position(text))).as(text).isEmpty();
        }
    }

    @Test
    @DisplayName("a stream's name goes there and back, and no two prefixes meet")
    void names() {
        StreamNames names = new StreamNames("aws", "isobar");
        assertThat(names.physical("a.b-c", "create")).isEqualTo("isobar_a.b-c");
        assertThat(names.stream("isobar_a.b-c")).contains("a.b-c");
        assertThat(names.stream("isobar-x_a")).isEmpty();
        assertThat(names.stream("somebody")).isEmpty();
        assertThatThrownBy(() -> new StreamNames("aws", "p".repeat(31)).physical("s".repeat(97), "create"))
                .isInstanceOfSatisfying(
                        IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @Test
    @DisplayName("a key that Kinesis does not take is replaced by one that it takes, always the same")
    void partitionKeys() {
        assertThat(PartitionKey.of("k")).isEqualTo("k");
        assertThat(PartitionKey.of("k".repeat(256))).hasSize(256);
        assertThat(PartitionKey.of("k".repeat(257)))
                .isEqualTo(PartitionKey.of("k".repeat(257)))
                .isNotEqualTo(PartitionKey.of("k".repeat(258)))
                .startsWith("sha256:");
        assertThat(PartitionKey.of("")).startsWith("sha256:");
    }

    private static void corrupt(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        IsobarException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT));
    }
}
