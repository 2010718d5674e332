package dev.isobar.emulator.aws.kinesis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Texts in one opaque text: iterators and the tokens of lists. What was altered is noticed. */
final class Token {
    private Token() {}

    /** Packs parts; none may contain a line break. */
    static String of(Object... parts) {
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            text.append(part).append('\n');
        }
        text.insert(0, check(text.toString()));
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The parts, or null if the text was not packed here as that many parts. */
    static @Nullable List<String> parts(String token, int count) {
        String text;
        try {
            text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
        int end = text.indexOf('\n') + 1;
        if (end == 0 || !text.startsWith(check(text.substring(end)))) {
            return null;
        }
        String[] parts = text.substring(end).split("\n", -1);
        return parts.length == count + 1 ? Arrays.asList(parts).subList(0, count) : null;
    }

    private static String check(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(crc.getValue()) + "\n";
    }
}
