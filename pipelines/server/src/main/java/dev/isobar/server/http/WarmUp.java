package dev.isobar.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests to oneself: bytes in, bytes out, through the handlers of a real connection on a channel without a socket. They go on until a round of them takes no less
 * time than the best before.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
    private static final int ROUND = 250;
    /** One in so many examples is asked the way that an unusual client asks. */
    private static final int GENERAL = 4;

    private static final int FEWEST_ROUNDS = 8;
    /** So many rounds without a new best mean that the compiler is done with what matters. */
    private static final int ROUNDS_WITHOUT_GAIN = 4;

    private static final double GAIN = 0.9;

    private final EmbeddedChannel channel;

    WarmUp(Consumer<ChannelPipeline> handlers) {
        this.channel = new EmbeddedChannel(new ChannelInitializer<EmbeddedChannel>() {
            @Override
            protected void initChannel(EmbeddedChannel embedded) {
                handlers.accept(embedded.pipeline());
            }
        });
    }

    int run(Scorer scorer, long most, LongSupplier clock) {
        List<byte[]> requests = new ArrayList<>();
        int answered = 0;
        try {
            for (Row example : scorer.examples()) {
                // A client's content type may have a parameter, which is the general way.
                boolean plain = requests.size() % GENERAL != 0;
                requests.add(request(example, plain ? "application/json" : "application/json; charset=utf-8"));
            }
            Stability stability = new Stability();
            long end = clock.getAsLong() + most;
            while (!requests.isEmpty() && !stability.reached() && clock.getAsLong() < end) {
                long begun = clock.getAsLong();
                for (int i = 0; i < ROUND; i++) {
                    exchange(requests.get(i % requests.size()));
                    answered++;
                }
                stability.round(clock.getAsLong() - begun);
            }
        } catch (RuntimeException e) {
            LOG.warn("The warm-up ended early, first requests may be slow: {}", e.getMessage());
        } finally {
            var unused = channel.finishAndReleaseAll();
        }
        return answered;
    }

    private void exchange(byte[] request) {
        channel.writeInbound(Unpooled.wrappedBuffer(request));
        boolean first = true;
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            try {
                String text = out.toString(StandardCharsets.US_ASCII);
                if (first && !text.startsWith("HTTP/1.1 200")) {
                    throw new IllegalStateException(text.strip());
                }
                first = false;
            } finally {
                out.release();
            }
        }
        if (first) {
            throw new IllegalStateException("a request got no answer");
        }
    }

    private static byte[] request(Row row, String contentType) {
        ByteBuf body = ResponseWriter.json(UnpooledByteBufAllocator.DEFAULT, g -> instance(g, row));
        String text = body.toString(StandardCharsets.UTF_8);
        body.release();
        return ("POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + contentType + "\r\nContent-Length: "
                        + text.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + text)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void instance(JsonGenerator g, Row row) throws IOException {
        g.writeStartObject();
        for (int i = 0; i < row.schema().size(); i++) {
            Field field = row.schema().field(i);
            if (row.isNull(i)) {
                continue;
            }
            if (field.type() == FieldType.FLOAT64) {
                g.writeNumberField(field.name(), row.float64(i));
            } else if (field.type() == FieldType.INT32 || field.type() == FieldType.INT64) {
                g.writeNumberField(field.name(), row.word(i));
            } else if (field.type() == FieldType.BOOL) {
                g.writeBooleanField(field.name(), row.word(i) != 0);
            } else {
                g.writeStringField(field.name(), RowText.format(row, i));
            }
        }
        g.writeEndObject();
    }

    /** When rounds have stopped to become faster. */
    static final class Stability {
        private long best = Long.MAX_VALUE;
        private int rounds;
        private int since;

        void round(long took) {
            rounds++;
            if (best == Long.MAX_VALUE || took < GAIN * best) {
                best = took;
                since = 0;
            } else {
                since++;
            }
        }

        boolean reached() {
            return rounds >= FEWEST_ROUNDS && since >= ROUNDS_WITHOUT_GAIN;
        }
    }
}
