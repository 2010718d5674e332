package dev.isobar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A configuration")
class ConfigurationTest {
    private static final List<ConfigKey> KEYS = List.of(
            ConfigKey.of("endpoint.port", ConfigType.PORT, "0", "The port; 0 for any."),
            ConfigKey.of("log.fsync", ConfigType.BOOLEAN, "true", "Whether to wait for the disk."),
            ConfigKey.of("lease", ConfigType.DURATION, "30s", "How long a lease holds."),
            ConfigKey.optional("home", ConfigType.PATH, "Where state lives."),
            ConfigKey.optional("rows", ConfigType.INTEGER, "How many."));

    @Test
    void hasItsDefaults() {
        Configuration c = Configuration.of("targets.local", KEYS, Map.of());
        assertThat(c.integer("endpoint.port")).isZero();
        assertThat(c.flag("log.fsync")).isTrue();
        assertThat(c.duration("lease")).isEqualTo(Duration.ofSeconds(30));
        assertThat(c.path("home")).isEmpty();
    }

    @Test
    void readsEveryKey() {
        Configuration c = Configuration.of(
                "",
                KEYS,
                Map.of("endpoint.port", "8080", "log.fsync", "false", "lease", "2h", "home", "/tmp/x", "rows", "-7"));
        assertThat(c.integer("endpoint.port")).isEqualTo(8080);
        assertThat(c.flag("log.fsync")).isFalse();
        assertThat(c.duration("lease")).isEqualTo(Duration.ofHours(2));
        assertThat(c.path("home")).contains(Path.of("/tmp/x"));
        assertThat(c.integer("rows")).isEqualTo(-7);
    }

    @Test
    void givesWorkloadsTheSameTextInEveryProcess() {
        Configuration c = Configuration.of(
                "",
                KEYS,
                Map.of("rows", "-7", "lease", "2h", "endpoint.port", "8080", "home", "/tmp/x", "log.fsync", "false"));
        assertThat(c.forWorkloads().keySet()).containsExactly("endpoint.port", "home", "lease", "log.fsync", "rows");
    }

    @Test
    void durationsHaveUnits() {
        for (Map.Entry<String, Duration> e : Map.of(
                        "500ms", Duration.ofMillis(500),
                        "30s", Duration.ofSeconds(30),
                        "5m", Duration.ofMinutes(5),
                        "7d", Duration.ofDays(7),
                        "PT1H30M", Duration.ofMinutes(90))
                .entrySet()) {
            assertThat(Configuration.of("", KEYS, Map.of("lease", e.getKey())).duration("lease"))
                    .as(e.getKey())
                    .isEqualTo(e.getValue());
        }
    }

    @Test
    void saysEverythingThatIsWrongAtOnceWithTheNearestKey() {
        IsobarException e = catchThrowableOfType(
                IsobarException.class,
                () -> Configuration.of(
                        "targets.local",
                        KEYS,
                        Map.of(
                                "endpoint.prot", "1",
                                "endpoint.port", "65536",
                                "log.fsync", "yes",
                                "lease", "soon",
                                "rows", "many",
                                "home", "",
                                "quite.different", "x")));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e.hint()).contains("isobar doctor");
        assertThat(String.valueOf(e.getMessage()).lines())
                .containsExactlyInAnyOrder(
                        "Unknown configuration key 'targets.local.endpoint.prot'; did you mean 'targets.local.endpoint.port'?",
                        "Unknown configuration key 'targets.local.quite.different'",
                        "Configuration key 'targets.local.endpoint.port' has the value '65536', which is not a port between 0 and 65535",
                        "Configuration key 'targets.local.log.fsync' has the value 'yes', which is neither true nor false",
                        "Configuration key 'targets.local.lease' has the value 'soon', which is not a duration such as 30s, 5m or 2h",
                        "Configuration key 'targets.local.rows' has the value 'many', which is not a whole number",
                        "Configuration key 'targets.local.home' has the value '', which is empty");
    }

    @Test
    void aDurationBeyondAllClocksIsAProblemAndNotACrash() {
        for (String huge : List.of("9223372036854775807d", "99999999999999999999s", "-5s", "PT-5S")) {
            List<String> problems = new java.util.ArrayList<>();
            Configuration.validate("", KEYS, Map.of("lease", huge), problems);
            assertThat(problems).as(huge).singleElement().asString().contains("'lease'", huge);
        }
    }

    @Test
    void readingAnUndeclaredKeyIsADefectOfTheReader() {
        Configuration c = Configuration.of("", KEYS, Map.of());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> c.text("lese"))
                .withMessageContaining("'lese' was never declared");
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> c.integer("rows"));
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_CONFIGURATION);
        assertThat(e).hasMessageContaining("'rows' is not set and has no default");
    }

    @Test
    void theNearestNameIsNearOrNotGiven() {
        List<String> names = List.of("arr_delay_min", "distance_mi", "origin");
        assertThat(Names.nearest("arr_dely_min", names)).contains("arr_delay_min");
        assertThat(Names.nearest("ORIGIN", names)).contains("origin");
        assertThat(Names.nearest("something_else", names)).isEmpty();
        assertThat(Names.nearest("x", List.of())).isEmpty();
    }
}
