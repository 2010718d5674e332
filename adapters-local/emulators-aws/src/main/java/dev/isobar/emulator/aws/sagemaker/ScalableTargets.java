package dev.isobar.emulator.aws.sagemaker;

/** Application Auto Scaling, as far as updates and deletions of endpoints look at it. Thread safe. */
public interface ScalableTargets {
    /** Nothing is scaled. */
    ScalableTargets NONE = new ScalableTargets() {
        @Override
        public boolean registered(String resource) {
            return false;
        }

        @Override
        public void deregister(String resource) {
            // there is none
        }
    };

    /** Whether a variant {@code endpoint/NAME/variant/VARIANT} is a scalable target. */
    boolean registered(String resource);

    /** Lets go of a variant, if it is one. */
    void deregister(String resource);
}
