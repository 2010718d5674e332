package dev.isobar.emulator.aws.scaling;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalDouble;

/** CloudWatch, as far as target tracking needs it. Thread safe. */
public interface MetricAlarms {
    /**
     * Makes or replaces an alarm.
     *
     * @param alarm as CloudWatch's {@code PutMetricAlarm} takes it
     * @return its ARN
     */
    String put(ObjectNode alarm);

    /** Deletes alarms; those that are not there are no error. */
    void delete(List<String> names);

    /** The newest value of an alarm's metric, if there is such an alarm and its state is ALARM. */
    OptionalDouble breach(String name);
}
