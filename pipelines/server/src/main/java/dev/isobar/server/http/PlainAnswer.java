package dev.isobar.server.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.io.NumberOutput;
import dev.isobar.server.http.Scorer.Scored;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The usual answer, head and body, straight into one buffer: all of it but id, number and flag is known when the model is. Says exactly what
 * {@link ResponseWriter} says. Immutable and thread safe.
 */
final class PlainAnswer {
    private static final byte[] STATUS = ascii("HTTP/1.1 200 OK\r\n");
    private static final byte[] CLOSE = ascii("connection: close\r\n");
    private static final byte[] ID = ascii("\r\n\r\n{\"prediction_id\":\"");
    private static final byte[] PROBABILITY = ascii("\",\"probability\":");
    private static final byte[] PROVISIONAL = ascii(",\"provisional\":true");
    private static final byte[] FINAL = ascii(",\"provisional\":false");
    /** The end of the head belongs to {@link #ID}, not to the body. */
    private static final int BLANK_LINES = 4;

    private final byte[] head;
    private final byte[] model;

    private PlainAnswer(byte[] head, byte[] model) {
        this.head = head;
        this.model = model;
    }

    static PlainAnswer of(Scorer scorer) {
        return new PlainAnswer(
                ascii(new String(STATUS, StandardCharsets.US_ASCII)
                        + "content-type: application/json\r\nx-isobar-model-digest: " + scorer.modelDigest()
                        + "\r\ncontent-length: "),
                (",\"model\":\"" + quoted(scorer.modelName()) + "\",\"model_version\":\""
                                + quoted(scorer.modelVersion()) + "\"}")
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Null if the id needs escapes. */
    @Nullable
    ByteBuf encode(ByteBufAllocator allocator, Scored scored) {
        String id = scored.predictionId();
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return null;
            }
        }
        String number = NumberOutput.toString(scored.probability(), true);
        byte[] flag = scored.provisional() ? PROVISIONAL : FINAL;
        int body = ID.length
                - BLANK_LINES
                + id.length()
                + PROBABILITY.length
                + number.length()
                + flag.length
                + model.length;
        ByteBuf buffer = allocator.buffer(head.length + 10 + BLANK_LINES + body);
        buffer.writeBytes(head);
        ByteBufUtil.writeAscii(buffer, Integer.toString(body));
        buffer.writeBytes(ID);
        ByteBufUtil.writeAscii(buffer, id);
        buffer.writeBytes(PROBABILITY);
        ByteBufUtil.writeAscii(buffer, number);
        return buffer.writeBytes(flag).writeBytes(model);
    }

    /** The same answer as the last of its connection. Takes over the buffer. */
    static ByteBuf closing(ByteBuf answer) {
        ByteBuf closing = answer.alloc().buffer(answer.readableBytes() + CLOSE.length);
        closing.writeBytes(answer, STATUS.length).writeBytes(CLOSE).writeBytes(answer);
        answer.release();
        return closing;
    }

    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
