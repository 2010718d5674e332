package dev.isobar.local.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.isobar.local.router.Router.Load;
import dev.isobar.port.Endpoints.Replicas;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The number of replicas")
class ElasticityTest {
    private static final long BEGIN = -5;

    private final Elasticity elasticity = new Elasticity(new Replicas(1, 3, 1_000), BEGIN);
    private long now = BEGIN;
    private Load counted = new Load(0, 0);

    /** A period in which so many requests came, and so many of them took too long. */
    private int period(long requests, long slow) {
        now += Elasticity.PERIOD_NANOS;
        counted = new Load(counted.requests() + requests, counted.slow() + slow);
        elasticity.observe(counted, now);
        return elasticity.count();
    }

    @Test
    @DisplayName(
            "begins with the least and grows by one a period, from the second one on, while more than one request in a hundred is too slow, up to the most")
    void grows() {
        assertThat(elasticity.count()).isEqualTo(1);
        assertThat(period(100, 2)).isEqualTo(1);
        assertThat(period(100, 1)).isEqualTo(1);
        assertThat(period(100, 2)).isEqualTo(1);
        assertThat(period(100, 2)).isEqualTo(2);
        assertThat(period(1, 1)).isEqualTo(3);
        assertThat(period(1, 1)).isEqualTo(3);
    }

    @Test
    @DisplayName("does not change within a period")
    void withinAPeriod() {
        period(1, 1);
        elasticity.observe(new Load(100, 100), now + Elasticity.PERIOD_NANOS - 1);
        assertThat(elasticity.count()).isEqualTo(1);
        elasticity.observe(new Load(100, 100), now + Elasticity.PERIOD_NANOS);
        assertThat(elasticity.count()).isEqualTo(2);
    }

    @Test
    @DisplayName(
            "shrinks by one after some periods in a row without, those without any request among them, down to the least")
    void shrinks() {
        for (int i = 0; i <= Elasticity.BUSY_PERIODS; i++) {
            period(1, 1);
        }
        for (int i = 1; i < Elasticity.CALM_PERIODS; i++) {
            assertThat(period(i % 2, 0)).isEqualTo(3);
        }
        assertThat(period(0, 0)).isEqualTo(2);
        for (int i = 1; i < Elasticity.CALM_PERIODS; i++) {
            assertThat(period(0, 0)).isEqualTo(2);
        }
        assertThat(period(1, 1)).describedAs("calm begins anew").isEqualTo(2);
        for (int i = 1; i < Elasticity.CALM_PERIODS; i++) {
            assertThat(period(0, 0)).isEqualTo(2);
        }
        for (int i = 0; i < 10 * Elasticity.CALM_PERIODS; i++) {
            period(0, 0);
        }
        assertThat(elasticity.count()).isEqualTo(1);
    }

    @Test
    @DisplayName("goes on from what runs, within its bounds, and with a router that counts from nought")
    void takenOver() {
        elasticity.startFrom(2);
        assertThat(elasticity.count()).isEqualTo(2);
        elasticity.startFrom(9);
        assertThat(elasticity.count()).isEqualTo(3);

        period(1_000, 0);
        counted = new Load(0, 0);
        for (int i = 1; i < Elasticity.CALM_PERIODS; i++) {
            period(1, 0);
        }
        assertThat(elasticity.count()).isEqualTo(2);
        counted = new Load(0, 0);
        period(50, 1);
        assertThat(period(50, 1)).isEqualTo(3);
    }
}
