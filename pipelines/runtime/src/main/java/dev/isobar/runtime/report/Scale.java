package dev.isobar.runtime.report;

import java.util.ArrayList;
import java.util.List;

/** A linear axis: values to pixels, with round ticks. */
record Scale(double low, double high, double step, double from, double to) {
    /** An axis that holds all values, in about this many round steps. */
    static Scale nice(double min, double max, int steps, double from, double to) {
        double span = max > min ? max - min : Math.max(Math.abs(max) * 0.1, 1e-3);
        double middle = (min + max) / 2;
        double low = max > min ? min : middle - span / 2;
        double high = max > min ? max : middle + span / 2;
        double raw = span / steps;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double unit = raw / power;
        double step = (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 2.5 ? 2.5 : unit <= 5 ? 5 : 10) * power;
        return new Scale(Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step, step, from, to);
    }

    double at(double value) {
        return from + (value - low) / (high - low) * (to - from);
    }

    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        long count = Math.round((high - low) / step);
        for (long i = 0; i <= count; i++) {
            ticks.add(low + i * step);
        }
        return ticks;
    }

    /** Decimals that tell two ticks apart. */
    int digits() {
        int digits = 0;
        double scaled = step;
        while (digits < 6 && Math.abs(scaled - Math.rint(scaled)) > 1e-6) {
            scaled *= 10;
            digits++;
        }
        return digits;
    }
}
