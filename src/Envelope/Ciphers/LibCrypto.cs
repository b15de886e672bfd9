using System.Reflection;
using System.Runtime.InteropServices;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>
/// The functions of OpenSSL's libcrypto that are used here, with the signatures that 1.1.0 to 3.x share
/// (<c>include/openssl/evp.h</c>, <c>crypto.h</c>). Every <see cref="int"/> result is 1 for success unless said otherwise.
/// </summary>
internal static unsafe partial class LibCrypto
{
    /// <summary><c>EVP_CTRL_AEAD_SET_IVLEN</c>, evp.h: length of the IV in bytes.</summary>
    public const int ControlSetIvLength = 0x9;

    /// <summary><c>EVP_CTRL_AEAD_GET_TAG</c>, evp.h: fetch the tag after an encryption.</summary>
    public const int ControlGetTag = 0x10;

    /// <summary><c>EVP_CTRL_AEAD_SET_TAG</c>, evp.h: give the expected tag of a decryption.</summary>
    public const int ControlSetTag = 0x11;

    private const string Library = "libcrypto";

    /// <summary><c>OPENSSL_INIT_NO_ATEXIT</c>, crypto.h: no clean-up at exit while other threads still encrypt. Unknown bits are ignored.</summary>
    private const ulong InitNoAtExit = 0x00080000;

    /// <summary>Names to try, newest interface first; the Windows name is that of OpenSSL's own installers.</summary>
    private static readonly string[] FileNames = OperatingSystem.IsWindows()
        ? ["libcrypto-3-x64.dll"]
        : OperatingSystem.IsMacOS()
            ? ["libcrypto.3.dylib", "libcrypto.1.1.dylib"]
            : ["libcrypto.so.3", "libcrypto.so.1.1"];

    private static readonly Lazy<nint> Module = new(Load);

    /// <summary>Whether a libcrypto was found and initialised.</summary>
    public static bool IsPresent => Module.Value != 0;

    private static nint Load()
    {
        foreach (string name in FileNames)
        {
            if (!TryLoad(name, out nint module))
                continue;

            if (NativeLibrary.TryGetExport(module, "OPENSSL_init_crypto", out nint init)
                && ((delegate* unmanaged<ulong, nint, int>)init)(InitNoAtExit, 0) == 1)
            {
                NativeLibrary.SetDllImportResolver(typeof(LibCrypto).Assembly, Resolve);
                return module;
            }

            NativeLibrary.Free(module);
        }

        return 0;
    }

    /// <summary>On Windows not from the folder that happens to be the current one, nor from the PATH: others may write there.</summary>
    private static bool TryLoad(string name, out nint module) => OperatingSystem.IsWindows()
        ? NativeLibrary.TryLoad(name, typeof(LibCrypto).Assembly, DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.System32, out module)
        : NativeLibrary.TryLoad(name, out module);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name == Library ? Module.Value : 0;

    [LibraryImport(Library, EntryPoint = "OpenSSL_version")]
    public static partial byte* OpenSslVersion(int type);

    [LibraryImport(Library, EntryPoint = "EVP_aes_256_gcm")]
    public static partial nint EvpAes256Gcm();

    [LibraryImport(Library, EntryPoint = "EVP_aes_256_ctr")]
    public static partial nint EvpAes256Ctr();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_new")]
    public static partial nint EvpCipherCtxNew();

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_free")]
    public static partial void EvpCipherCtxFree(nint context);

    [LibraryImport(Library, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    public static partial int EvpCipherCtxCtrl(EvpCipherContext context, int command, int argument, byte* pointer);

    /// <param name="context">The context.</param>
    /// <param name="cipher">The cipher, or 0 to keep the one that is set.</param>
    /// <param name="engine">Always 0.</param>
    /// <param name="key">The key, or null to keep it.</param>
    /// <param name="iv">The IV, or null to keep it.</param>
    /// <param name="encrypt">1 to encrypt, 0 to decrypt.</param>
    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    public static partial int EvpCipherInit(EvpCipherContext context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    /// <summary>With <paramref name="output"/> null the input is associated data. Output may be the very place of the input.</summary>
    [LibraryImport(Library, EntryPoint = "EVP_CipherUpdate")]
    public static partial int EvpCipherUpdate(EvpCipherContext context, byte* output, int* outputLength, byte* input, int inputLength);

    /// <summary>For GCM puts out no bytes; a decryption answers 0 when the tag does not match.</summary>
    [LibraryImport(Library, EntryPoint = "EVP_CipherFinal_ex")]
    public static partial int EvpCipherFinal(EvpCipherContext context, byte* output, int* outputLength);

    /// <summary>Empties this thread's queue of error reports, so that a refused tag is not reported by a later caller.</summary>
    [LibraryImport(Library, EntryPoint = "ERR_clear_error")]
    public static partial void ErrClearError();
}
