package interop;

/**
 * Drives a SCIM server with two clients that others wrote. Arguments: the URL of
 * the root, and a token that may write, of an organization without users.
 */
public final class Main {

    private Main() {
    }

    public static void main(String[] args) {
        Tap tap = new Tap();

        new UnboundId(tap, args[0], args[1]).run();
        new Goldfish(tap, args[0], args[1]).run();

        tap.done();
    }
}
