package dev.isobar.platform.managed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ResourceNamesTest {
    private static final Pattern SAGEMAKER = Pattern.compile("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");

    private final ResourceNames names = new ResourceNames("isobar");

    @Test
    @DisplayName("a name that fits is kept, and can be read back")
    void kept() {
        assertThat(names.of("flight-delays")).isEqualTo("isobar-flight-delays");
        assertThat(names.original("isobar-flight-delays")).contains("flight-delays");
    }

    @Test
    @DisplayName("a name that does not fit is made to fit, and only its tag knows it")
    void made() {
        for (String name : List.of("a.b", "A", "a_b", "-a", "a-", "ä", "", "x".repeat(200), "a-x0123456789")) {
            String made = names.of(name);
            assertThat(made).as(name).matches(SAGEMAKER).hasSizeLessThanOrEqualTo(63);
            assertThat(names.original(made)).as(name).isEmpty();
        }
    }

    @Test
    @DisplayName("no two names become one, in small letters either, and parts of one thing are never those of another")
    void apart() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String alphabet = "aAbB01.-_xX";
        Set<String> given = new HashSet<>();
        Set<String> made = new HashSet<>();
        Set<String> parts = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            StringBuilder name = new StringBuilder();
            int length = random.nextInt(70);
            for (int j = 0; j < length; j++) {
                name.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            if (given.add(name.toString())) {
                String as = names.of(name.toString());
                assertThat(as).as("seed %d", seed).matches(SAGEMAKER);
                assertThat(made.add(as.toLowerCase(java.util.Locale.ROOT)))
                        .as("seed %d: %s", seed, name)
                        .isTrue();
                String part = names.part(name.toString(), "content");
                assertThat(part).as("seed %d", seed).matches(SAGEMAKER).hasSizeLessThanOrEqualTo(63);
                assertThat(names.parts(name.toString()).matcher(part).matches()).isTrue();
                assertThat(parts.add(part)).as("seed %d: %s", seed, name).isTrue();
            }
        }
        assertThat(names.parts("a").matcher(names.part("a-b", "content")).matches())
                .isFalse();
    }
}
