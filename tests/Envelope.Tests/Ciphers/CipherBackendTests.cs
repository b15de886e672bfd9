using System.Security.Cryptography;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Ciphers;

public sealed class CipherBackendTests
{
    private static readonly byte[] Key = Objects.KeyBytes(1);
    private static readonly byte[] Iv = Objects.KeyBytes(2);

    [Fact]
    public void OpenSsl_is_chosen_where_libcrypto_is_present()
    {
        Assert.StartsWith(Backends.OpenSsl is null ? "BouncyCastle " : "OpenSSL ", CipherBackends.Choose().Name, StringComparison.Ordinal);
        Assert.StartsWith("BouncyCastle 2.7", Backends.BouncyCastle.Name, StringComparison.Ordinal);
    }

    /// <summary>NIST SP 800-38A, F.5.5: CTR-AES256.Encrypt.</summary>
    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Counter_mode_gives_the_standard_s_example(string backend)
    {
        byte[] key = Convert.FromHexString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        byte[] counter = Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        byte[] data = Convert.FromHexString("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        Backends.Get(backend).TransformCtr(key, counter, data);
        Assert.Equal("601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5", Convert.ToHexStringLower(data));
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Every_piece_is_complete_at_once(string backend)
    {
        ICipherBackend cipher = Backends.Get(backend);
        byte[] plain = Objects.RandomBytes(20_000, 1);
        byte[] whole = [.. plain];
        byte[] tag = new byte[16];
        using (IGcmEncryptor encryptor = cipher.StartEncryption(Key, Iv, []))
        {
            encryptor.Transform(whole);
            encryptor.Finish(tag);
        }

        var random = new Random(3);
        using IGcmDecryptor decryptor = cipher.StartDecryption(Key, Iv, []);
        for (int position = 0; position < whole.Length;)
        {
            int count = Math.Min(random.Next(70), whole.Length - position);
            byte[] piece = whole[position..(position + count)];
            decryptor.Transform(piece);
            Assert.Equal(plain[position..(position + count)], piece);
            position += count;
        }

        decryptor.Finish(tag);
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Associated_data_of_any_length_is_authenticated(string backend)
    {
        for (int length = 0; length < 50; length++)
        {
            byte[] associated = Objects.RandomBytes(length, length);
            byte[] tag = new byte[16];
            using (IGcmEncryptor encryptor = Backends.Get(backend).StartEncryption(Key, Iv, associated))
                encryptor.Finish(tag);

            using (IGcmDecryptor decryptor = Backends.Any.StartDecryption(Key, Iv, associated))
                decryptor.Finish(tag);

            using IGcmDecryptor other = Backends.Get(backend).StartDecryption(Key, Iv, [.. associated, 1]);
            Assert.Throws<AuthenticationTagMismatchException>(() => other.Finish(tag));
        }
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Wrong_lengths_and_late_calls_are_refused(string backend)
    {
        ICipherBackend cipher = Backends.Get(backend);
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.StartEncryption(Key.AsSpan(1), Iv, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.StartDecryption(Key, Iv.AsSpan(0, 12), []));
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.TransformCtr(Key, Iv, []));
        IGcmEncryptor encryptor = cipher.StartEncryption(Key, Iv, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => encryptor.Finish(new byte[12]));
        encryptor.Dispose();
        encryptor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => encryptor.Transform(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => encryptor.Finish(new byte[16]));
    }
}
