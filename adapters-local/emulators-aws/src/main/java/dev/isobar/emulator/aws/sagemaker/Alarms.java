package dev.isobar.emulator.aws.sagemaker;

/** CloudWatch's alarms, as far as an endpoint's update looks at them. Thread safe. */
public interface Alarms {
    /** There are none, so an update that names one is refused. */
    Alarms NONE = new Alarms() {
        @Override
        public boolean exists(String name) {
            return false;
        }

        @Override
        public boolean inAlarm(String name) {
            return false;
        }
    };

    /** Whether there is an alarm of that name. */
    boolean exists(String name);

    /** Whether its state is ALARM. */
    boolean inAlarm(String name);
}
