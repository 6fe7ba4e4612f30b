// A service of elimity-com/scim, its users in a map, with another one from
// userName to id and a list for pages.
//
// elimity PORT TOKEN
package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	filter "github.com/scim2/filter-parser/v2"
)

type user struct {
	attributes scim.ResourceAttributes
	created    time.Time
	modified   time.Time
	version    int
}

type users struct {
	sync.RWMutex
	byID   map[string]user
	byName map[string]string
	order  []string
}

func name(attributes scim.ResourceAttributes) string {
	text, _ := attributes["userName"].(string)
	return strings.ToLower(text)
}

func (u user) resource(id string) scim.Resource {
	external := optional.String{}
	if text, ok := u.attributes["externalId"].(string); ok {
		external = optional.NewString(text)
	}
	return scim.Resource{
		ID: id, ExternalID: external, Attributes: u.attributes,
		Meta: scim.Meta{Created: &u.created, LastModified: &u.modified,
			Version: fmt.Sprintf("W/\"%d\"", u.version)},
	}
}

func (s *users) Create(r *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	random := make([]byte, 16)
	rand.Read(random)
	id := hex.EncodeToString(random)

	s.Lock()
	defer s.Unlock()
	if _, taken := s.byName[name(attributes)]; taken {
		return scim.Resource{}, errors.ScimErrorUniqueness
	}
	now := time.Now().UTC()
	made := user{attributes, now, now, 1}
	s.byID[id] = made
	s.byName[name(attributes)] = id
	s.order = append(s.order, id)
	return made.resource(id), nil
}

func (s *users) Get(r *http.Request, id string) (scim.Resource, error) {
	s.RLock()
	defer s.RUnlock()
	found, ok := s.byID[id]
	if !ok {
		return scim.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	return found.resource(id), nil
}

func (s *users) byFilter(params scim.ListRequestParams) (scim.Page, error) {
	page := scim.Page{Resources: []scim.Resource{}}
	expression := params.FilterValidator.GetFilter()

	if eq, ok := expression.(*filter.AttributeExpression); ok &&
		eq.Operator == filter.EQ && strings.EqualFold(eq.AttributePath.AttributeName, "userName") {
		if id, ok := s.byName[strings.ToLower(eq.CompareValue.(string))]; ok {
			page.TotalResults = 1
			page.Resources = append(page.Resources, s.byID[id].resource(id))
		}
		return page, nil
	}

	for _, id := range s.order {
		if params.FilterValidator.PassesFilter(s.byID[id].attributes) == nil {
			page.TotalResults++
			page.Resources = append(page.Resources, s.byID[id].resource(id))
		}
	}
	return page, nil
}

func (s *users) GetAll(r *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	s.RLock()
	defer s.RUnlock()
	if params.FilterValidator != nil {
		return s.byFilter(params)
	}

	page := scim.Page{TotalResults: len(s.order), Resources: []scim.Resource{}}
	from := min(max(params.StartIndex-1, 0), len(s.order))
	for _, id := range s.order[from:min(from+params.Count, len(s.order))] {
		page.Resources = append(page.Resources, s.byID[id].resource(id))
	}
	return page, nil
}

func (s *users) store(id string, change func(scim.ResourceAttributes) scim.ResourceAttributes) (scim.Resource, error) {
	s.Lock()
	defer s.Unlock()
	old, ok := s.byID[id]
	if !ok {
		return scim.Resource{}, errors.ScimErrorResourceNotFound(id)
	}
	attributes := change(old.attributes)
	if owner, taken := s.byName[name(attributes)]; taken && owner != id {
		return scim.Resource{}, errors.ScimErrorUniqueness
	}
	delete(s.byName, name(old.attributes))
	s.byName[name(attributes)] = id
	changed := user{attributes, old.created, time.Now().UTC(), old.version + 1}
	s.byID[id] = changed
	return changed.resource(id), nil
}

func (s *users) Replace(r *http.Request, id string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	return s.store(id, func(scim.ResourceAttributes) scim.ResourceAttributes {
		return attributes
	})
}

// What has a path without a filter: enough for what is measured.
func (s *users) Patch(r *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	return s.store(id, func(old scim.ResourceAttributes) scim.ResourceAttributes {
		attributes := scim.ResourceAttributes{}
		for attribute, value := range old {
			attributes[attribute] = value
		}
		for _, operation := range operations {
			if operation.Path != nil {
				attributes[operation.Path.String()] = operation.Value
			}
		}
		return attributes
	})
}

func (s *users) Delete(r *http.Request, id string) error {
	s.Lock()
	defer s.Unlock()
	old, ok := s.byID[id]
	if !ok {
		return errors.ScimErrorResourceNotFound(id)
	}
	delete(s.byName, name(old.attributes))
	delete(s.byID, id)
	for at, other := range s.order {
		if other == id {
			s.order = append(s.order[:at], s.order[at+1:]...)
			break
		}
	}
	return nil
}

func main() {
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{SupportPatch: true, SupportFiltering: true},
		ResourceTypes: []scim.ResourceType{{
			Name: "User", Endpoint: "/Users", Schema: schema.CoreUserSchema(),
			SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}},
			Handler:          &users{byID: map[string]user{}, byName: map[string]string{}},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}

	wanted := "Bearer " + os.Args[2]
	handler := http.StripPrefix("/scim", server)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != wanted {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			handler.ServeHTTP(w, r)
		})))
}
