package dev.isobar.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.capability.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.port.Metrics;
import dev.isobar.port.Metrics.Point;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The specification of {@link Metrics}: the newest point of each series.
 *
 * @since 0.1
 */
@DisplayName("Metrics")
public abstract class MetricsSuite extends PortSuite {
    /** For subclasses. */
    protected MetricsSuite() {
        super(Port.METRICS);
    }

    private Metrics port() {
        return open().metrics();
    }

    private static String name() {
        return fresh("m").replace('-', '_');
    }

    /** Publishing. */
    @Nested
    @DisplayName("show the newest point")
    class Latest {
        @Test
        @DisplayName("of each series, told apart by name and labels, sorted, also to another session")
        void series() {
            Metrics port = port();
            String name = name();
            Point plain = new Point(name + "_a_seconds", Map.of(), -1.5e-300, 1_000_001);
            Point one = new Point(name + "_b", Map.of("model", "x", "route", "/v2"), 1, 5);
            Point two = new Point(name + "_b", Map.of("model", "y\"\\\n{},= \u00e9"), Double.MAX_VALUE, -3);
            port.publish(List.of(two, one, plain));
            assertThat(port.latest(name)).containsExactly(plain, one, two);
            assertThat(port().latest(name + "_b")).containsExactly(one, two);
            assertThat(port.latest(name + "_nothing")).isEmpty();
        }

        @Test
        @DisplayName("by its own time: what is not newer replaces nothing")
        void newest() {
            Metrics port = port();
            String name = name();
            port.publish(List.of(new Point(name, Map.of(), 1, 100)));
            port.publish(List.of(new Point(name, Map.of(), 2, 99), new Point(name, Map.of(), 3, 100)));
            assertThat(port.latest(name)).containsExactly(new Point(name, Map.of(), 1, 100));
            port.publish(List.of(new Point(name, Map.of(), 4, 101)));
            assertThat(port.latest(name)).containsExactly(new Point(name, Map.of(), 4, 101));
        }

        @Test
        @DisplayName("whichever session published it")
        void sessions() {
            Metrics first = port();
            Metrics second = port();
            String name = name();
            first.publish(List.of(new Point(name, Map.of(), 1, 10)));
            second.publish(List.of(new Point(name, Map.of(), 2, 20)));
            first.publish(List.of(new Point(name, Map.of(), 3, 15)));
            assertThat(first.latest(name)).containsExactly(new Point(name, Map.of(), 2, 20));
            assertThat(second.latest(name)).containsExactly(new Point(name, Map.of(), 2, 20));
        }
    }

    /** Refusing. */
    @Nested
    @DisplayName("refuse")
    class Refused {
        @Test
        @DisplayName("NaN, infinities and names that do not fit, and then the whole call")
        void invalid() {
            Metrics port = port();
            String name = name();
            Point good = new Point(name, Map.of(), 1, 1);
            for (Point bad : List.of(
                    new Point(name, Map.of(), Double.NaN, 1),
                    new Point(name, Map.of(), Double.POSITIVE_INFINITY, 1),
                    new Point(name, Map.of(), Double.NEGATIVE_INFINITY, 1),
                    new Point("Upper", Map.of(), 1, 1),
                    new Point("9a", Map.of(), 1, 1),
                    new Point("", Map.of(), 1, 1))) {
                fails(ErrorCode.INVALID_ARGUMENT, () -> port.publish(List.of(good, bad)));
            }
            assertThat(port.latest(name)).isEmpty();
        }
    }
}
