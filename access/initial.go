package access

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// InitialFile is the name of the file, in the data directory, that holds the keys made at a first start.
const InitialFile = "initial-keys.json"

// initialKeys is the file's content; a key that a flag gave is not in it.
type initialKeys struct {
	WriteKey string `json:"write_key,omitempty"`
	AdminKey string `json:"admin_key,omitempty"`
}

// LoadOrCreate returns the keys: those given by flags, else those of initial-keys.json in dir, which is made, readable by
// its owner only, with new keys for what is in neither. created says that it was written now.
func LoadOrCreate(dir string, writeKey, adminKey string, random io.Reader) (k *Keys, created bool, err error) {
	path := filepath.Join(dir, InitialFile)
	var file initialKeys
	if writeKey == "" || adminKey == "" {
		if file, err = readInitial(path); err != nil {
			return nil, false, err
		}
	}
	if writeKey == "" {
		if file.WriteKey == "" {
			created = true
			if file.WriteKey, err = newWriteKey(random); err != nil {
				return nil, false, err
			}
		}
		writeKey = file.WriteKey
	}
	if adminKey == "" {
		if file.AdminKey == "" {
			created = true
			if file.AdminKey, err = newSecretKey(random); err != nil {
				return nil, false, err
			}
		}
		adminKey = file.AdminKey
	}
	if k, err = New(writeKey, adminKey); err != nil {
		return nil, false, err
	}
	if created {
		if err := writeInitial(path, file); err != nil {
			return nil, false, err
		}
	}
	return k, created, nil
}

// Load returns the keys: those given by flags, else those of initial-keys.json in dir. It makes and writes none.
func Load(dir, writeKey, adminKey string) (*Keys, error) {
	if writeKey == "" || adminKey == "" {
		file, err := readInitial(filepath.Join(dir, InitialFile))
		if err != nil {
			return nil, err
		}
		writeKey, adminKey = cmp.Or(writeKey, file.WriteKey), cmp.Or(adminKey, file.AdminKey)
	}
	if writeKey == "" || adminKey == "" {
		return nil, fmt.Errorf("there is no %s in %s: give --write-key and --admin-key", InitialFile, dir)
	}
	return New(writeKey, adminKey)
}

func readInitial(path string) (file initialKeys, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err != nil {
		return file, fmt.Errorf("read the initial keys: %w", err)
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return file, fmt.Errorf("read the initial keys: %s is not the file that the first start wrote; delete it or give --write-key and --admin-key: %w", path, err)
	}
	return file, nil
}

// writeInitial replaces the file whole: a crash leaves the old one or the new one.
func writeInitial(path string, file initialKeys) error {
	b, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("write the initial keys: %w", err)
	}
	dir := filepath.Dir(path)
	temp, err := writeTemp(dir, append(b, '\n'))
	if err != nil {
		return fmt.Errorf("write the initial keys: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("write the initial keys: %w", errors.Join(err, os.Remove(temp)))
	}
	return syncDir(dir)
}

// writeTemp writes a new file, readable by its owner only, and returns its name.
func writeTemp(dir string, b []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, InitialFile+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newWriteKey returns "wk_" and 22 random characters.
func newWriteKey(random io.Reader) (string, error) {
	b, err := randomBytes(random, 16)
	return writePrefix + base64.RawURLEncoding.EncodeToString(b), err
}

// newSecretKey returns "sk_", an id of 8 characters to look it up by, "_", 43 random characters, and 8 of a checksum of
// all that stands before them, so that a mistyped key is told from a revoked one.
func newSecretKey(random io.Reader) (string, error) {
	b, err := randomBytes(random, 4+32)
	key := adminPrefix + hex.EncodeToString(b[:4]) + "_" + base64.RawURLEncoding.EncodeToString(b[4:])
	return key + fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(key))), err
}

func randomBytes(random io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return b, fmt.Errorf("make a key: %w", err)
	}
	return b, nil
}
