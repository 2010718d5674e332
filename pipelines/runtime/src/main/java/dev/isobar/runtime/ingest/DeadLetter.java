package dev.isobar.runtime.ingest;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.Schema;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A record that became no event.
 *
 * @param reason few distinct ones, for counting
 * @param detail a sentence
 * @param line its first line in the source, from 1; 0 if it has no place there
 * @param original its bytes
 */
public record DeadLetter(String stream, String reason, String detail, long line, byte[] original) {
    /** Columns of a dead letter: its bytes are text where they can be, else in Base64, and {@code encoding} says which. */
    public static final Schema SCHEMA = Schema.of(
            Field.required("stream", FieldType.STRING),
            Field.required("reason", FieldType.STRING),
            Field.required("detail", FieldType.STRING),
            Field.required("line", FieldType.INT64),
            Field.required("encoding", FieldType.STRING),
            Field.required("original", FieldType.STRING));

    /**
     * Writes it into a row.
     *
     * @param at the slot of {@link #SCHEMA}'s first column
     */
    public void fill(Row into, int at) {
        String text;
        String encoding;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(original))
                    .toString();
            encoding = "utf-8";
        } catch (CharacterCodingException e) {
            text = Base64.getEncoder().encodeToString(original);
            encoding = "base64";
        }
        into.setText(at, stream)
                .setText(at + 1, reason)
                .setText(at + 2, detail)
                .setWord(at + 3, line)
                .setText(at + 4, encoding)
                .setText(at + 5, text);
    }
}
