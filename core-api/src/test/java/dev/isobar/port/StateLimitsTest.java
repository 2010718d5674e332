package dev.isobar.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.OnlineStore.StateLimits;
import dev.isobar.port.OnlineStore.StatePut;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What an online store takes at once")
class StateLimitsTest {
    private static final StateLimits LIMITS = new StateLimits(3, 4, 10, 24);

    private static StatePut put(String key, int bytes) {
        return new StatePut(key, 0, new byte[bytes]);
    }

    private static IsobarException refused(String namespace, List<StatePut> puts) {
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> LIMITS.check("mine", namespace, puts));
        assertThat(e).isNotNull();
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e.adapter()).isEqualTo("mine");
        assertThat(e.port()).isEqualTo("OnlineStore");
        assertThat(e.operation()).isEqualTo("putAll");
        assertThat(e.hint()).isNotBlank();
        return e;
    }

    @Test
    @DisplayName("goes up to each limit and not one byte beyond")
    void bounds() {
        assertThatCode(() -> LIMITS.check("mine", "n", List.of(put("a234", 10), put("b", 9))))
                .doesNotThrowAnyException();
        assertThat(refused("n", List.of(put("a2345", 0)))).hasMessageContaining("5 bytes");
        // é is two bytes of UTF-8
        assertThat(refused("n", List.of(put("éaéa", 0)))).hasMessageContaining("6 bytes");
        assertThat(refused("n", List.of(put("a", 11)))).hasMessageContaining("11 bytes");
        assertThat(refused("n", List.of(put("a", 0), put("b", 0), put("c", 0), put("d", 0))))
                .hasMessageContaining("4 keys");
    }

    @Test
    @DisplayName("counts the keys as well as the states")
    void keysCount() {
        assertThatCode(() -> LIMITS.check("mine", "n", List.of(put("a234", 8), put("b234", 8))))
                .doesNotThrowAnyException();
        IsobarException e = refused("n", List.of(put("a234", 8), put("b234", 9)));
        assertThat(e).hasMessageContaining("more than 24 bytes");
        assertThat(e.resource()).isEqualTo("n/b234");
    }

    @Test
    @DisplayName("is known again by its bytes, as a store must whose answer was lost")
    void equal() {
        assertThat(put("a", 2)).isEqualTo(put("a", 2)).hasSameHashCodeAs(put("a", 2));
        assertThat(put("a", 2))
                .isNotEqualTo(put("b", 2))
                .isNotEqualTo(new StatePut("a", 1, new byte[2]))
                .isNotEqualTo(new StatePut("a", 0, new byte[] {0, 1}));
    }

    @Test
    @DisplayName("is no key twice and no version that was never given out")
    void nonsense() {
        assertThat(refused("n", List.of(put("a", 0), put("a", 0)))).hasMessageContaining("twice");
        assertThat(refused("n", List.of(new StatePut("a", -1, new byte[0])))).hasMessageContaining("-1");
    }

    @Test
    @DisplayName("has a namespace with a name that fits")
    void namespaces() {
        for (String name : List.of("", ".a", "a/b", "é", "a".repeat(121))) {
            assertThat(refused(name, List.of())).hasMessageContaining("cannot be a namespace");
        }
        assertThatCode(() -> LIMITS.check("mine", "0" + "._@-".repeat(29) + "abc", List.of()))
                .doesNotThrowAnyException();
    }
}
