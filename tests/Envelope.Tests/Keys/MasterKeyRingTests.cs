using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Keys;

public sealed class MasterKeyRingTests
{
    [Fact]
    public void An_id_given_twice_is_refused_and_the_keys_are_cleared()
    {
        var current = new MasterKey(4, Objects.KeyBytes(1));
        var previous = new MasterKey(4, Objects.KeyBytes(2));
        var error = Assert.Throws<MasterKeyException>(() => new MasterKeyRing(current, [previous]));
        Assert.Equal("master key id 4 is given more than once; give every master key an id of its own", error.Message);
        Assert.Throws<ObjectDisposedException>(() => current.Borrow());
        Assert.Throws<ObjectDisposedException>(() => previous.Borrow());
    }

    [Fact]
    public void A_disposed_key_stays_whole_while_it_is_lent_and_is_then_gone()
    {
        var key = new MasterKey(1, Objects.KeyBytes(1));
        using (SecretBuffer.Lease lease = key.Borrow())
        {
            key.Dispose();
            Assert.Equal(Objects.KeyBytes(1), lease.Bytes.ToArray());
        }

        Assert.Throws<ObjectDisposedException>(() => key.Borrow());
    }

    [Fact]
    public void Keys_print_as_ids_alone()
    {
        using MasterKeyRing ring = Objects.Ring(3);
        Assert.Equal("master keys 3 [redacted]", ring.ToString());
        Assert.Equal("master key 3 [redacted]", ring.Current.ToString());
        Assert.Equal("LoadedMasterKey { Key = master key 3 [redacted], Warning =  }", new LoadedMasterKey(ring.Current, null).ToString());
    }
}
